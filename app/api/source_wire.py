"""Sources as JSON: a resource of the record, a place in the literature."""

from typing import Any

from app.engine.provenance import Citation, Source

Json = dict[str, Any]


def source_json(source: Source) -> Json:
    """A source in the record, with its date and what its age means."""
    return {
        "reference": source.reference,
        "effective": source.effective,
        "age": source.age.value,
        "provisional": source.provisional,
    }


def citation_json(cite: Citation) -> Json:
    """A source in the literature, with how well it was verified."""
    body = {"key": cite.key, "title": cite.title, "place": cite.place, "tag": cite.tag.value}
    return body if cite.url is None else {**body, "url": cite.url}
