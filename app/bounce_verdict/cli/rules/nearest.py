"""The rules' hits that are written most like a text. This needs the extra `suggest`.

Texts are compared by their runs of three to five characters within words, weighted by how rare they are (TF-IDF).
"""

from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer

from bounce_verdict.model import Rule, value


@value
class Near:
    """A rule with the hit that is nearest to the text; similarity from 0 to 1."""

    rule: Rule
    hit: str
    similarity: float


class NearestHits:
    """Finds them. hits: every text that is compared, masked as those that are asked about, with its rule and as it stands there."""

    def __init__(self, hits: Sequence[tuple[str, Rule, str]]) -> None:
        self._hits = hits
        self._weights = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        self._known = self._weights.fit_transform([text for text, _, _ in hits])

    def nearest(self, text: str, most: int, without: str | None = None) -> list[Near]:
        """The `most` nearest rules, the nearest first, each by its nearest hit; none that has nothing in common.

        without: a hit that is left out, as it stands in its rule.
        """
        similar = (self._known @ self._weights.transform([text]).T).toarray().ravel()
        found: dict[str, Near] = {}
        for place in similar.argsort(kind="stable")[::-1]:
            _, rule, hit = self._hits[place]
            if similar[place] <= 0 or len(found) == most:
                break
            if hit != without:
                found.setdefault(rule.id, Near(rule, hit, round(float(similar[place]), 3)))
        return list(found.values())
