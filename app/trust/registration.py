"""What is wrong with the addresses and keys that an operator registers."""

from collections.abc import Iterable, Iterator

from app.fhir.server.address import AddressError, read_address
from app.trust.key_set import PublicKey, read_key_set


class RegistrationError(ValueError):
    """What an operator registered cannot be used.

    Args:
        what: what it is one of, such as ``Issuer``.
        place: which one, from 0.
        among: how many there are.
        fault: what is wrong and how to mend it; nothing of what was registered.
    """

    def __init__(self, what: str, place: int, among: int, fault: str) -> None:
        super().__init__(f"{what} {place + 1} of {among}: {fault}")
        self.what = what
        self.place = place
        self.fault = fault


def faults_of_addresses(name: str, addresses: Iterable[str], *, production: bool) -> Iterator[str]:
    """What is wrong with key addresses.

    Args:
        name: what the setting calls them.
        addresses: the addresses.
        production: whether they must be https.
    """
    for text in addresses:
        try:
            scheme = read_address(text).scheme
        except AddressError as error:
            yield f"{name}: {error.message}"
        else:
            if production and scheme != "https":
                yield f"{name} must be https addresses"


def registered_keys(document: bytes, algorithms: Iterable[str], *, production: bool) -> tuple[PublicKey, ...]:
    """The keys of a JWK Set that was handed over.

    Args:
        document: the JSON text.
        algorithms: what tokens may be signed with.
        production: whether keys are left out whose private half everybody can have.

    Raises:
        ValueError: it is no JWK Set, or none of the algorithms can use any of its keys.
    """
    keys = read_key_set(document, production=production)
    wanted = tuple(algorithms)
    if not any(key.fits(algorithm) for key in keys for algorithm in wanted):
        raise ValueError("keys hold no public key with a kid that one of its algorithms can use.")
    return keys
