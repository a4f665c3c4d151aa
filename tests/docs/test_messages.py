"""The page of errors and cautions has the sentences of the source."""

from __future__ import annotations


def test_every_kind_of_sentence_is_listed_with_its_remedy() -> None:
    from analogep_docs import messages

    found = messages.sentences()
    assert all(len(lines) > 10 for lines in found.values())
    above = (
        "the loop gain … (epoch … first): above 1 several equilibria exist and gradients explode; lower learning.rate, "
    )
    assert above + "mapping.weight_range or feedback.gain" in found["Cautions"]
    assert "on/off ratio is …, below 2" in found["Cautions"]
    assert any(line.startswith("scheduler …: what answers there is no Dask") for line in found["Folders and results"])
    lines = [line for some in found.values() for line in some]
    assert messages.page().count("\n- ") == len(lines) > 300
