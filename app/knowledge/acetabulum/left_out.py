"""Classifications of the acetabulum from which nothing is computed, each with the reason."""

LEFT_OUT: tuple[tuple[str, str], ...] = (
    (
        "ACE-H",
        (
            "Harrington's classes of the acetabulum: the primary source was not read, and the name stands "
            "for a spinal system and for long-bone criteria."
        ),
    ),
    ("MAC", "The metastatic acetabular classification: only an abstract was seen."),
    ("Levin", "Levin's classification is not specified in any source that was read."),
)
