import { either, el } from "./dom.js";

const TONES = ["low", "middle", "high"];

/** `7`, `6, 7 or 9`, `3 to 18`. */
export function totalsText(totals) {
  return totals.length > 3 ? `${totals[0]} to ${totals.at(-1)}` : either(totals.map(String));
}

/** Every total a score can have, its bands beneath, and those totals still reachable filled in. */
export function scaleView(definition, result) {
  const { minimum, maximum } = definition;
  const reachable = new Set(result.totals);
  const scale = el("div", { class: "scale", role: "img", "aria-label": spoken(definition, result) });
  scale.style.setProperty("--steps", String(maximum - minimum + 1));
  definition.bands.forEach((band, place) => {
    const tone = toneOf(place, definition);
    for (let total = band.minimum; total <= band.maximum; total += 1) {
      const step = el("span", { class: `step ${tone}${reachable.has(total) ? " reachable" : ""}` }, String(total));
      scale.append(step);
    }
  });
  definition.bands.forEach((band, place) => {
    const left = result.bands.includes(band.band);
    const label = el("span", { class: `band ${toneOf(place, definition)}${left ? " reachable" : ""}` }, band.label);
    label.style.setProperty("--span", String(band.maximum - band.minimum + 1));
    scale.append(label);
  });
  return scale;
}

/** The band words that are left. */
export function bandWords(definition, result) {
  return either(definition.bands.filter((band) => result.bands.includes(band.band)).map((band) => band.label));
}

function toneOf(place, definition) {
  return TONES[definition.worse === "low" ? definition.bands.length - 1 - place : place] ?? "middle";
}

function spoken(definition, result) {
  const whole = `${definition.minimum} to ${definition.maximum}`;
  return `On a scale of ${whole}: ${totalsText(result.totals)}, ${bandWords(definition, result)}`;
}
