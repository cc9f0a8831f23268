"""The knowledge as pages to read, to print and to sign: one for each definition, in every profile.

The pages are plain: no script, one stylesheet of the service's own, nothing from elsewhere. They are
written by functions that escape every text, since the markup is a dozen elements and no template
engine is among the libraries that the service runs with.
"""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache, partial
from html import escape
from importlib.resources import files
from types import MappingProxyType

from fastapi import APIRouter, Request, Response

from app.conditional import EACH_TIME, Kept
from app.engine.sheet import Block, Cell, Document, Grid, Listing, Paragraph, Section
from app.errors import NotFoundError
from app.knowledge import Knowledge
from app.knowledge.sheets import index
from app.web.knowledge_documents import knowledge_documents

STYLESHEET = "/knowledge/sheet.css"
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        # Kept, and asked about each time: the digest tells whether anything changed.
        "Cache-Control": EACH_TIME,
    }
)


def knowledge_pages(knowledge: Knowledge) -> APIRouter:
    """The routes of the pages, all written once; they answer in threads, since the first of them writes.

    Args:
        knowledge: under this site's policy.
    """
    written = cache(partial(_written, knowledge))
    style = made_page(files("app.web").joinpath("knowledge.css").read_bytes(), "text/css; charset=utf-8")
    routes = APIRouter(include_in_schema=False)

    @routes.get("/knowledge")
    def list_documents(request: Request) -> Response:
        home, _ = written()
        return home.answer(request)

    @routes.get(STYLESHEET)
    async def stylesheet(request: Request) -> Response:
        return style.answer(request)

    @routes.get("/knowledge/{code}")
    def document(request: Request, code: str) -> Response:
        _, pages = written()
        if code not in pages:
            raise NotFoundError(f"There is no such definition; the definitions are {', '.join(pages)}.")
        return pages[code].answer(request)

    return routes


@lru_cache(maxsize=64)
def _written(knowledge: Knowledge) -> tuple[Kept, Mapping[str, Kept]]:
    """The list of the documents, and each by its code."""
    documents = knowledge_documents(knowledge)
    pages = {code: text_page(_html(document, home=True)) for code, document in documents.items()}
    return text_page(_html(index(documents, "Knowledge", "/knowledge/{}"), home=False)), pages


def text_page(text: str) -> Kept:
    """A page of HTML, with the mark by which a browser knows it again."""
    return made_page(text.encode(), "text/html; charset=utf-8")


def made_page(content: bytes, media_type: str) -> Kept:
    """A page or a stylesheet, with the mark by which a browser knows it again."""
    # Of the page and not of the knowledge alone: the page shows evidence too, and has a form of its own.
    return Kept(content, media_type, HEADERS)


# -- HTML -----------------------------------------------------------------------------------------------


def _html(document: Document, *, home: bool) -> str:
    title = escape(document.title)
    lead = "".join(f"<p>{escape(text)}</p>" for text in document.lead)
    back = '<nav><a href="/knowledge">All definitions</a></nav>' if home else ""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<link rel="stylesheet" href="{STYLESHEET}">\n</head>\n'
        f"<body>\n{back}\n<main>\n<header><h1>{title}</h1>{lead}</header>\n"
        f"{''.join(map(_section, document.sections))}</main>\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    blocks = "".join(map(_block, section.blocks))
    return f"<section>\n<h2>{escape(section.title)}</h2>\n{blocks}</section>\n"


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{escape(block.text)}</p>\n"
    if isinstance(block, Listing):
        return f"<ul>\n{''.join(f'<li>{cell_html(entry)}</li>' for entry in block.entries)}\n</ul>\n"
    return grid_html(block)


def grid_html(grid: Grid) -> str:
    """A table as HTML."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in grid.head)
    rows = "".join(f"<tr>{_cells(row)}</tr>\n" for row in grid.rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(", ".join(grid.head))}">'
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )


def _cells(row: Iterable[Cell]) -> str:
    return "".join(f"<td>{cell_html(cell)}</td>" for cell in row)


def cell_html(cell: Cell) -> str:
    """A cell as HTML: a text, or a link."""
    if isinstance(cell, str):
        return escape(cell)
    return f'<a href="{escape(cell.address)}" rel="noopener noreferrer">{escape(cell.text)}</a>'
