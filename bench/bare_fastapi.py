"""FastAPI as a user would write it by hand: the body parsed with orjson and walked as the yardstick does."""

import orjson
from fastapi import FastAPI, Request, Response

from bench.calls import PATIENT_VIEW
from bench.yardstick import CARDS, walk

app = FastAPI(openapi_url=None)


@app.get("/health/ready")
async def ready() -> Response:
    """That it runs."""
    return Response(b"{}", media_type="application/json")


@app.post(PATIENT_VIEW)
async def answer(request: Request) -> Response:
    """Three cards, after touching every code and value of the body."""
    walk(orjson.loads(await request.body()))
    return Response(CARDS, media_type="application/json")
