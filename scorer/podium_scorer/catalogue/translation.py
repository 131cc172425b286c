"""The catalogue's entries for texts against a reference."""

from __future__ import annotations

from podium_scorer.catalogue.info import (
    MEAN_INTERVAL,
    Family,
    MetricInfo,
    ParamInfo,
    ParamType,
    Prediction,
    Target,
    WorkedExample,
)
from podium_scorer.catalogue.shared import RESAMPLED

_ROUGE_WORDS = ParamInfo(
    name="words",
    type=ParamType.CHOICE,
    default="plain",
    choices=("plain", "spaces"),
    doc="What a word is: plain ones are small ASCII letters and digits, whatever else "
    "stands between them (as in Google's rouge-score, without stemming); or what stands "
    "between spaces.",
)
_ROUGE_EDGES = (
    ("no word in either text", "1"),
    ("no word in one of them", "0"),
    ("a word that occurs again", "counts as often as both have it"),
)
_EXAMPLE = WorkedExample(
    solution='id,text\n1,The red fox runs far.\n2,"Go away, fox"\n',
    submission='id,text\n1,the red fox ran far\n2,"go, fox"\n',
    score=0.8,
)

TRANSLATION = (
    MetricInfo(
        name="bleu",
        title="BLEU",
        summary="How many runs of one to four words the true texts have too, over all "
        "rows together; from 0 to 1.",
        aliases=("corpus_bleu", "sacrebleu"),
        family=Family.TEXT,
        higher_is_better=True,
        target=Target.TEXT,
        prediction=Prediction.TEXT,
        params=(
            ParamInfo(
                name="words",
                type=ParamType.CHOICE,
                default="13a",
                choices=("13a", "spaces", "characters"),
                doc="What a word is: as NIST's script mteval-v13a parts them, what "
                "stands between spaces, or each character.",
            ),
            ParamInfo(
                name="smooth",
                type=ParamType.CHOICE,
                default="exp",
                choices=("exp", "none"),
                doc="What stands for a length without any match: half of one match, a "
                "quarter for the next (as sacrebleu does), or none: then BLEU is 0.",
            ),
        ),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("no match at all", "0"),
            (
                "no true text has four words",
                "the longest runs that there are take the place of four",
            ),
            ("true texts have runs that no prediction is long enough for", "0"),
            ("predictions shorter than the true texts", "brevity penalty"),
            ("only empty true texts", "refused when the solution is prepared"),
            ("compared with sacrebleu", "which multiplies by 100"),
        ),
        formula=r"\min\!\left(1,e^{1-r/c}\right)\exp\!\left(\frac14\sum_{k=1}^4"
        r"\ln\frac{m_k}{t_k}\right)",
        source="Papineni et al., ACL 2002, 311-318; Post, WMT 2018, 186-191",
        interval=RESAMPLED,
        example=WorkedExample(
            solution="id,text\n1,the red fox runs far away\n2,go away now my fox\n",
            submission="id,text\n1,the red fox runs far\n2,go away now my cat\n",
            score=0.75788,
        ),
    ),
    MetricInfo(
        name="chrf",
        title="chrF2",
        summary="F-score of runs of one to six characters over all rows together, recall "
        "worth twice as much as precision; from 0 to 1.",
        aliases=("chrf2", "chr_f", "corpus_chrf"),
        family=Family.TEXT,
        higher_is_better=True,
        target=Target.TEXT,
        prediction=Prediction.TEXT,
        params=(),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("spaces", "are left out before runs are counted"),
            ("texts shorter than six characters", "longer runs are left out"),
            ("only empty true texts", "refused when the solution is prepared"),
            ("compared with sacrebleu", "which multiplies by 100"),
        ),
        formula=r"\frac{5PR}{4P+R},\quad P=\frac16\sum_{k=1}^6\frac{m_k}{t_k},\;"
        r"R=\frac16\sum_{k=1}^6\frac{m_k}{r_k}",
        source="Popovic, WMT 2015, 392-395",
        interval=RESAMPLED,
        example=WorkedExample(
            solution="id,text\n1,the red fox\n2,go away\n",
            submission="id,text\n1,the red dog\n2,go away\n",
            score=0.66688,
        ),
    ),
    MetricInfo(
        name="rouge_1",
        title="ROUGE-1",
        summary="The mean F1 of the words that a prediction shares with the true text.",
        aliases=("rouge1", "rouge-1"),
        family=Family.TEXT,
        higher_is_better=True,
        target=Target.TEXT,
        prediction=Prediction.TEXT,
        params=(_ROUGE_WORDS,),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=_ROUGE_EDGES,
        formula=r"\frac1n\sum_i\frac{2m_i}{t_i+r_i}",
        source="Lin, ACL Workshop Text Summarization Branches Out, 2004, 74-81",
        interval=MEAN_INTERVAL,
        example=_EXAMPLE,
    ),
    MetricInfo(
        name="rouge_2",
        title="ROUGE-2",
        summary="The same for pairs of neighbouring words.",
        aliases=("rouge2", "rouge-2"),
        family=Family.TEXT,
        higher_is_better=True,
        target=Target.TEXT,
        prediction=Prediction.TEXT,
        params=(_ROUGE_WORDS,),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("a single word in both texts", "1, for neither has a pair"),
            *_ROUGE_EDGES,
        ),
        formula=r"\frac1n\sum_i\frac{2m_i}{t_i+r_i}",
        source="Lin, ACL Workshop Text Summarization Branches Out, 2004, 74-81",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution=_EXAMPLE.solution, submission=_EXAMPLE.submission, score=0.25
        ),
    ),
    MetricInfo(
        name="rouge_l",
        title="ROUGE-L",
        summary="The mean F1 of the longest sequence of words that both texts have in "
        "this order, with others between them.",
        aliases=("rougel", "rouge-l"),
        family=Family.TEXT,
        higher_is_better=True,
        target=Target.TEXT,
        prediction=Prediction.TEXT,
        params=(_ROUGE_WORDS,),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=_ROUGE_EDGES,
        formula=r"\frac1n\sum_i\frac{2\,\mathrm{lcs}(y_i,\hat y_i)}{t_i+r_i}",
        source="Lin, ACL Workshop Text Summarization Branches Out, 2004, 74-81",
        interval=MEAN_INTERVAL,
        example=_EXAMPLE,
    ),
)
