"""Instruments that live in the page: drawing, and even decoding, needs no kernel.

Player
    Scrubs a sample coming to be, or a training, frame by frame.
LatentExplorer
    Drag a point in the latent plane, see the decoded image at once.
TrainingMonitor
    A callback that shows curves, newest samples and the time left while `fit` runs.
PipelineBreaker
    Data, preprocessing, model, generation, post-processing, evaluation: break a stage, see what
    becomes of the rest.
ShapeCalculator
    What size a convolution or a transposed convolution gives, and the checkerboard it can cause.
SpectrogramViewer
    A sound as a wave and as a spectrogram: window, hop, and what each hides.
SoundPlayer
    Sounds to hear and to compare: wave, spectrogram, a cursor that moves; with names or blind.
SoundGrid
    Stored sounds over two sliders, such as pitch and speed.
FilmPlayer
    Films side by side in step, with sound and subtitles.
VideoPlayer
    A film file in the browser's own player, with subtitles to choose from.
CueTimeline
    Words, their true times and cues under a wave: drag an edge, see error and reading speed.
VowelTriangle
    Three resonances and a pitch to set: a vowel, spoken by the page itself.
DivergenceExplorer
    Two densities to drag, six divergences with their gradients and the region that causes them.
AdversarialGame
    Critic and generator in the plane, stepped by hand, on data that you draw.
BoundDissector
    The evidence lower bound taken apart, term by term, where everything is known exactly.
FormulaJudge
    Printed formulas to judge before an experiment does; the score is kept.
TrainingReplay
    A recorded game in the plane, step by step: points, the critic's surface, gradients.
FailureLab
    A small GAN that trains in the page: break it with a switch, try a cure, read the numbers.
LabelMixer
    Ten sliders for the label and a plane for the style of a conditional decoder.
StyleMixer
    For each layer of a style-based generator, the face whose style it takes.
AttributeEditor
    Change what a decoder is told of a picture; a reader in the page says what else moved.
CodePainter
    A grid of codes to paint in, and what a decoder draws from it.
TokenViewer
    The next token's distribution, attention, and what a cache saves; the model runs in the page.
MetricBreaker
    Blur, drop, memorise, add noise: which measure notices?
BeforeAfter
    Two pictures in one place, and a line between them to drag.
HolePainter
    Paint over a picture what is to be filled; the mask comes back as a tensor.
MelodyPad
    Four bars to write notes into: they sound, are counted, and a model goes on.
ClaimViewer
    Stored texts about records over a slider, each claim marked right, wrong or unknown.
AlignmentViewer
    A source and what was written from it: where each word looked, what is copied or made up.
AnswerFinder
    Ask short notes a question: the passage that is found, its score, and a threshold to refuse.
CodeCompleter
    A box for Python that completes names, from counts and from the text itself.
CutFinder
    A threshold through a film's curve of change: the cuts that it finds, misses, and makes up.
PrivacyExplorer
    Synthetic records beside their nearest real ones, from open to private, over a slider.
DiffusionSampler
    Points that come out of noise: steps, guidance and noise to choose; the net runs in the page.
LevelPlayer
    Levels of two small games to play in the page, with the rules that the solver uses.
LevelWalker
    A level of boxes walked through in three dimensions, or from above where there is no WebGL.
TasteFinder
    Like some of nine made faces; a Gaussian in the page follows, and a curve shows the spread.
CaseFile
    A complaint, hypotheses with an experiment each, and a diagnosis that is answered.

Names are resolved when first used, so that importing the package loads no ipywidgets.
"""

from __future__ import annotations

import importlib

_HOMES = {
    "AdversarialGame": "game",
    "AlignmentViewer": "alignment_viewer",
    "AnswerFinder": "answer_finder",
    "AttributeEditor": "attribute_editor",
    "BeforeAfter": "before_after",
    "BoundDissector": "dissector",
    "CaseFile": "casefile",
    "ClaimViewer": "claim_viewer",
    "CodeCompleter": "code_completer",
    "CodePainter": "painter",
    "CutFinder": "cut_finder",
    "CueTimeline": "cue_timeline",
    "DiffusionSampler": "diffusion_sampler",
    "DivergenceExplorer": "divergence",
    "FailureLab": "failures",
    "FilmPlayer": "film_player",
    "FormulaJudge": "formulas",
    "HolePainter": "hole_painter",
    "LabelMixer": "mixer",
    "LatentExplorer": "explorer",
    "LevelPlayer": "level_player",
    "LevelWalker": "level_walker",
    "LossSurface": "surface",
    "MelodyPad": "melody_pad",
    "MetricBreaker": "breaker",
    "PipelineBreaker": "pipeline",
    "Player": "player",
    "PrivacyExplorer": "privacy_explorer",
    "ReplayFrame": "replay",
    "SceneWriter": "scene_writer",
    "ShapeCalculator": "shapes",
    "SoundGrid": "sound_grid",
    "SoundPlayer": "sound_player",
    "SpectrogramViewer": "spectrogram",
    "StyleMixer": "style_mixer",
    "TasteFinder": "taste_finder",
    "TokenViewer": "token_viewer",
    "TrainingMonitor": "monitor",
    "TrainingReplay": "replay",
    "VideoPlayer": "video_player",
    "VowelTriangle": "vowel_triangle",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
