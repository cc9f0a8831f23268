"""A score as a printed sheet: what a clinician checks against the paper."""

from app.engine.score import Score


def sheet(score: Score) -> str:
    """The score as Markdown: table, bands, use, misuse, performance, references with their tags."""
    lines = [f"# {score.name} ({score.version})", "", "| Item | Option | Points |", "|---|---|---|"]
    for item in score.items:
        for number, option in enumerate(item.options):
            lines.append(f"| {'' if number else item.label} | {option.label} | {option.points} |")
    lines += ["", "| Total | Category | Source |", "|---|---|---|"]
    for band in score.bands:
        total = f"{band.low} to {band.high}" if band.low < band.high else str(band.low)
        lines.append(f"| {total} | {band.meaning} | {band.cite.key} [{band.cite.tag.value}] |")
    for title, texts in (("Use", score.use), ("Not for", score.misuse)):
        lines += ["", f"## {title}", "", *(f"- {text}" for text in texts)]
    lines += ["", "## Performance", ""]
    lines += [
        f"- {p.measure}: {p.value} ({p.population}; {p.cite.key} [{p.cite.tag.value}])"
        for p in score.performance
    ]
    lines += ["", "## References", ""]
    lines += [
        f"- [{cite.tag.value}] {cite.title}{f' {cite.url}' if cite.url else ''}" for cite in score.references
    ]
    return "\n".join(lines)
