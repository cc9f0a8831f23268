"""The bytes of a request that its digest is made of: all but the access token that it brings."""

import json
import re

# White space as JSON has it.
_COLON = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*")
_NAME = b'"fhirAuthorization"'
# A token and what stands beside it; more is no authorization, and stays in.
_LONGEST = 32_768
_read_value = json.JSONDecoder().raw_decode


def without_token(body: bytes) -> tuple[bytes | memoryview, ...]:
    """A body in parts, between which the value of ``fhirAuthorization`` stood; the whole where there is none.

    A request that is kept with another value there, or null, has the same parts.

    Args:
        body: of a request; it need not be JSON.
    """
    named = body.rfind(_NAME)
    colon = _COLON.match(body, named + len(_NAME)) if named >= 0 else None
    if colon is None:
        return (body,)
    begins = colon.end()
    try:
        # One character a byte: so a place in the text is one in the body.
        _, length = _read_value(body[begins : begins + _LONGEST].decode("latin-1"))
    except (ValueError, RecursionError):
        return (body,)
    whole = memoryview(body)
    return whole[:begins], whole[begins + length :]
