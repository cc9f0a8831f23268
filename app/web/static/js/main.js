import { startCharts } from "./chart.js";
import { startForms } from "./forms.js";

const tabs = [...document.querySelectorAll('[role="tab"]')];
const openForms = startForms(document.getElementById("forms"));

/** Shows one view; the address remembers it. */
function select(tab, { focus = false } = {}) {
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) tab.focus();
  history.replaceState(null, "", tab.id === "tab-forms" ? "#scores" : location.pathname);
  if (tab.id === "tab-forms") openForms();
}

tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    select(tabs.at((place + steps[event.key]) % tabs.length), { focus: true });
  });
});

const follow = () => select(tabs[location.hash === "#scores" ? 1 : 0]);
window.addEventListener("hashchange", follow);
follow();
startCharts(document.getElementById("patients"), document.getElementById("chart"));
