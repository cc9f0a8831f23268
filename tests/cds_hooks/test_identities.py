"""The identities of cards are UUIDs of version 5, as the standard library makes them."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.identities import named


@given(namespace=st.uuids(), name=st.text(st.characters(exclude_categories=["Cs"])))
def test_an_identity_is_the_uuid_of_its_name(namespace: UUID, name: str) -> None:
    assert named(str(namespace), name) == str(uuid5(namespace, name))
