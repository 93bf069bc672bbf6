"""Where 40 mel bands begin and end, against what librosa's documentation prints.

Its example is ``librosa.mel_frequencies(n_mels=40)``: 40 frequencies from 0 to 11,025 Hz, evenly
spaced on Slaney's scale.
"""

from __future__ import annotations

import torch

from aigc_teach.data.mel import hertz_to_mel, mel_to_hertz

PRINTED = """
0. 85.317 170.635 255.952 341.269 426.586 511.904 597.221 682.538 767.855 853.173 938.49 1024.856
1119.114 1222.042 1334.436 1457.167 1591.187 1737.532 1897.337 2071.84 2262.393 2470.47 2697.686
2945.799 3216.731 3512.582 3835.643 4188.417 4573.636 4994.285 5453.621 5955.205 6502.92 7101.009
7754.107 8467.272 9246.028 10096.408 11025.
"""


def test_frequencies(agree):
    theirs = torch.tensor([float(word) for word in PRINTED.split()], dtype=torch.float64)
    ends = hertz_to_mel(torch.tensor([0.0, 11_025.0], dtype=torch.float64))
    ours = mel_to_hertz(torch.linspace(*ends.tolist(), 40, dtype=torch.float64))
    agree(ours.numpy(), theirs.numpy())


def test_there_and_back(agree):
    hertz = torch.linspace(0, 12_000, 1_001, dtype=torch.float64)
    agree(mel_to_hertz(hertz_to_mel(hertz)).numpy(), hertz.numpy())
