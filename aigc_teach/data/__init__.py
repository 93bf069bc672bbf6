"""Data: what comes with the package, what code makes, MNIST and CIFAR-10 on request, and batches.

Pictures
    `digits`, `emoji`, `photographs`; `picture` and `folder` for your own; ways to spoil one
    (`degrade`), and a mark for those that a model made (`save_synthetic`).
Drawn pictures of which everything is known
    `faces`, `landscapes`.
Texts
    `poems`, `quatrains`, `prose`, `python_source`, `docstrings`, the course's own notes
    (`course_notes`); their tokens, rhymes, and how their words are spoken (`pronunciations`).
Pairs with one right answer
    `phrases` in three languages; `date_pairs`, `numeral_pairs`, `quantity_pairs`.
Sounds
    Tones, spectra, mel spectrograms with the way back (`griffin_lim`), WAV files that carry a
    mark (`write_wav`, `read_mark`); 188 utterances of a synthetic voice with the times of their
    phonemes (`speech`); jigs of two old tune books (`tunes`) and their notation (`read_abc`).
Films
    Clips of moving digits (`moving_digits`), and of any picture with its true places
    (`moving_pictures`); WebM files that carry a mark (`write_film`, `read_film`).
    Clips of moving digits (`moving_digits`); films whose cuts, fades and flashes are known
    (`shots`); WebM files that carry a mark (`write_film`,
    `read_film`).
Tables
    The weather of 1,461 days (`weather`), records of patients (`records`) and invented visits of
    which everything is known (`visits`).
Points
    Toy sets in one and two dimensions.
Weights to compare with
    A published GPT that sorts (`sorting_gpt`).
Pictures (`digits`, `emoji`, `photographs`; `picture` and `folder` for your own), drawn pictures of
which everything is known (`faces`, `landscapes`), drawn scenes with their sentences
(`captioned_scenes`, `road_scenes`), texts (`poems`, `quatrains`, `prose`,
which everything is known (`faces`, `landscapes`, `banners`), texts (`poems`, `quatrains`, `prose`,
`python_source`), their rhymes, how their words are spoken (`pronunciations`) and their tokens,
phrases in three languages (`phrases`) and pairs with one right answer (`date_pairs`,
`numeral_pairs`, `quantity_pairs`), the course's own notes (`course_notes`), a published GPT that
sorts (`sorting_gpt`), sounds, their spectra and mel spectrograms with the way back
(`griffin_lim`), WAV files that carry a mark (`write_wav`, `read_mark`), 188 utterances of a
synthetic voice with the times of their phonemes (`speech`), clips of moving digits, the weather of
1,461 days (`weather`), toy sets in one and two dimensions; ways to spoil a photograph (`degrade`),
and a mark for pictures that a model made (`save_synthetic`).
sorts (`sorting_gpt`), sounds, their
spectra and mel spectrograms with the way back (`griffin_lim`), WAV files that carry a mark
(`write_wav`, `read_mark`), clips of moving digits, the weather of 1,461 days
(`weather`), jigs of two old tune books (`tunes`) and their notation (`read_abc`), toy sets in one
and two dimensions; ways to spoil a photograph (`degrade`), and a mark for pictures that a model
made (`save_synthetic`).
`numeral_pairs`, `quantity_pairs`), docstrings and their first lines (`docstrings`), the course's
own notes (`course_notes`), a published GPT that sorts (`sorting_gpt`), sounds and their spectra,
clips of moving digits, the weather of 1,461 days (`weather`), toy sets in one and two dimensions;
ways to spoil a photograph (`degrade`), and a mark for pictures that a model made
(`save_synthetic`).
sorts (`sorting_gpt`), sounds and their spectra, clips of moving digits, the weather of 1,461 days
(`weather`), tables of records, real ones (`records`) and invented visits of which everything is
known (`visits`), levels of two small games (`platform_levels`, `box_levels`), toy sets in one and
two dimensions; ways to spoil a photograph (`degrade`), and a mark for pictures that a model made
(`save_synthetic`).
"""

from . import captioned_scenes, degrade, instruments, midi, road_scenes, shots
from .abc import AbcTune, bar_faults, read_abc, write_abc
from .banners import (
    BANNER,
    BannerAttributes,
    BannerSet,
    banner_numbers,
    banner_picture,
    banners,
)
from .batches import Batches
from .cifar10 import cifar10, cifar10_names
from .code_tokens import CodeBPE
from .colour import emoji, emoji_families, emoji_names, emoji_words
from .copying import CopyPairs, CopyWords
from .course_notes import Note, course_notes
from .digits import ImageSet, digits
from .docstrings import Docstring, docstrings
from .faces import FACE, FaceAttributes, FaceSet, faces
from .film import Film, film_missing, read_film, write_film
from .landscapes import LANDSCAPE, LandscapeAttributes, LandscapeSet, landscapes
from .levels import BoxLevels, LevelColumns, box_levels, hand_made_levels, platform_levels, set_ends
from .loader import Epochs
from .marked import save_synthetic, synthetic_mark
from .mel import griffin_lim, log_mel, mel_filters, mel_to_linear, mel_to_wave
from .mnist import mnist
from .own_picture import Picture, picture
from .pairs import (
    chinese_numeral,
    date_pairs,
    numeral_pairs,
    quantity_pairs,
    written_date,
    written_quantity,
)
from .photographs import Photograph, photograph_names, photograph_patches, photographs
from .phrases import phrases
from .picture_folder import PictureFolder, folder
from .pronunciations import pronunciations, rhyme_part, stresses, words
from .quatrains import quatrains, rhyme_groups, rhyme_names, simplified
from .records import RecordTable, records, visits, visits_log_prob, visits_truth
from .rows import RowTokenizer, placeholders
from .sorting_gpt import SortingGPT, sorting_gpt
from .sound import chirp, pluck, tone, tune
from .source_code import PythonSource, python_source
from .spectrum import istft, spectrogram, stft
from .speech import Utterance, from_mu_law, mu_law, phoneme_signs, speech
from .streams import Streams
from .subtitles import Cue, check_cues, read_srt, read_vtt, vtt_text, write_srt, write_vtt
from .text import Poem, poems, prose
from .tokens import BPE, ByteTokenizer, CharacterTokenizer, prompt
from .toy import MODE_STD, toy1d, toy1d_centres, toy1d_names, toy2d, toy2d_centres, toy2d_names
from .tune_tokens import TuneTokens
from .tunes import Part, Tune, tunes
from .verify import verify
from .video import MovingClips, moving_digits, moving_pictures, plain_shapes
from .wav import Recording, read_mark, read_wav, write_wav
from .weather import WeatherDay, weather

__all__ = [
    "write_film",
    "read_film",
    "film_missing",
    "Film",
    "AbcTune",
    "Part",
    "Tune",
    "TuneTokens",
    "bar_faults",
    "captioned_scenes",
    "box_levels",
    "instruments",
    "road_scenes",
    "midi",
    "shots",
    "read_abc",
    "tunes",
    "write_abc",
    "BPE",
    "BoxLevels",
    "BANNER",
    "BannerAttributes",
    "BannerSet",
    "Batches",
    "ByteTokenizer",
    "CharacterTokenizer",
    "CopyPairs",
    "CopyWords",
    "Cue",
    "Docstring",
    "CodeBPE",
    "Epochs",
    "FACE",
    "FaceAttributes",
    "FaceSet",
    "ImageSet",
    "LANDSCAPE",
    "LandscapeAttributes",
    "LandscapeSet",
    "Note",
    "LevelColumns",
    "MODE_STD",
    "MovingClips",
    "Photograph",
    "Picture",
    "PictureFolder",
    "Poem",
    "PythonSource",
    "Recording",
    "RecordTable",
    "RowTokenizer",
    "SortingGPT",
    "Streams",
    "Utterance",
    "WeatherDay",
    "chirp",
    "cifar10",
    "check_cues",
    "cifar10_names",
    "course_notes",
    "chinese_numeral",
    "chirp",
    "cifar10",
    "cifar10_names",
    "date_pairs",
    "degrade",
    "digits",
    "docstrings",
    "emoji",
    "emoji_families",
    "emoji_names",
    "emoji_words",
    "banner_numbers",
    "banner_picture",
    "banners",
    "faces",
    "folder",
    "from_mu_law",
    "griffin_lim",
    "hand_made_levels",
    "istft",
    "landscapes",
    "log_mel",
    "mel_filters",
    "mel_to_linear",
    "mel_to_wave",
    "mnist",
    "moving_digits",
    "moving_pictures",
    "mu_law",
    "numeral_pairs",
    "phoneme_signs",
    "photograph_names",
    "photograph_patches",
    "photographs",
    "phrases",
    "picture",
    "placeholders",
    "platform_levels",
    "pluck",
    "plain_shapes",
    "poems",
    "pronunciations",
    "prompt",
    "prose",
    "python_source",
    "quantity_pairs",
    "quatrains",
    "read_mark",
    "read_srt",
    "read_vtt",
    "read_wav",
    "records",
    "rhyme_groups",
    "rhyme_names",
    "rhyme_part",
    "save_synthetic",
    "set_ends",
    "simplified",
    "sorting_gpt",
    "spectrogram",
    "speech",
    "stft",
    "stresses",
    "synthetic_mark",
    "tone",
    "toy1d",
    "toy1d_centres",
    "toy1d_names",
    "toy2d",
    "toy2d_centres",
    "toy2d_names",
    "tune",
    "verify",
    "visits",
    "visits_log_prob",
    "visits_truth",
    "vtt_text",
    "weather",
    "words",
    "write_srt",
    "write_vtt",
    "write_wav",
    "written_date",
    "written_quantity",
]
