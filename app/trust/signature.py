"""Whether a token was signed with one of the keys that it can have been signed with."""

from collections.abc import Iterable

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from app.trust.key_set import ALGORITHMS, PublicKey
from app.trust.reading import Unverified
from app.trust.refusal import Reason, Refused

# Keys of one name: more than two are no rotation.
_MOST_TRIED = 4
_JWS = PyJWS(algorithms=sorted(ALGORITHMS))


def check_signature(token: Unverified, named: Iterable[PublicKey]) -> None:
    """Refuse a token that none of the keys signed.

    Args:
        token: whose algorithm is one that its issuer may use.
        named: the issuer's keys of the name that the token gives.

    Raises:
        Refused: no key is made for the algorithm, or none made the signature.
    """
    fitting = [key for key in named if key.fits(token.algorithm)]
    if not fitting:
        raise Refused(Reason.UNKNOWN_KEY)
    for key in fitting[:_MOST_TRIED]:
        try:
            _JWS.decode(token.text, key.key, algorithms=[token.algorithm])
        except PyJWTError:
            continue
        return
    raise Refused(Reason.SIGNATURE)
