"""What a GPT pays before it has learnt anything, against nanoGPT.

nanoGPT's recipe for a processor: 4 layers, 4 heads, width 128, context 64, on the 65 characters of
tinyshakespeare. A run that was logged began with 4.1828 nats a character; log 65 is 4.1744. First
weights of another size begin far above: with the table's vectors at 0.1 in place of 0.02 the same
network pays more than 9.
"""

from __future__ import annotations

import pytest
import torch

from aigc_teach.data.tokens import CharacterTokenizer
from aigc_teach.losses import sequence
from aigc_teach.models import GPT

FIRST = 4.1828
FOR_TRAINING = 1_003_854  # characters; what follows is held out


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_first_loss(agree, truth, seed):
    text = truth.read_text("utf-8")
    letters = CharacterTokenizer(text)
    ids = torch.tensor(letters.encode(text[FOR_TRAINING:])) - 1  # our 0 means "never seen"
    pieces = ids.unfold(0, 65, 1000)  # [N, 65]
    torch.manual_seed(seed)
    model = GPT(letters.size - 1, context=64, width=128, heads=4, layers=4).eval()
    with torch.no_grad():
        nll = sequence.token_nll(model(pieces[:, :-1]), pieces[:, 1:])  # [N, 64]
    agree(nll.mean().item(), FIRST)
