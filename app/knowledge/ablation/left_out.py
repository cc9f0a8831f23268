"""Rules and facts on ablation that say nothing here, each with the reason."""

LEFT_OUT: tuple[tuple[str, str], ...] = (
    (
        "CHEN-TEMP-1",
        (
            "Evidence of a procedure and no rule: the series stopped above 42 °C, so not yet at 42.0; no "
            "temperature is asked for, judged or shown."
        ),
    ),
    (
        "CHEN-PROC-2",
        "Power, time and size of the zone are device settings: they stand with the evidence alone.",
    ),
    ("HAO-PROC", "Power, time and volume are device settings: they stand with the evidence alone."),
    (
        "CX-GRADE",
        (
            "How the series graded complications is evidence: CTCAE version 5, or major against minor by "
            "damage, dysfunction, admission and length of stay."
        ),
    ),
    (
        "ABL-oligometastatic",
        "Five or fewer metastases are told with ABL-2 and not counted: small and significant have no number.",
    ),
    ("TAD-CX", "Frequencies of complications are evidence; the warnings speak as ABL-8."),
    ("TAD-OUT-1", "Outcomes are evidence; the comparison with radiotherapy speaks as ABL-5."),
    ("TRIAL-XU", "A series of cement without ablation: it belongs to augmentation."),
    (
        "CIRSE-2022-table",
        "The table of techniques by CIRSE was not read; only what NICE quotes of it speaks.",
    ),
)
