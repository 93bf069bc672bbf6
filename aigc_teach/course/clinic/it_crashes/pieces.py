"""The cells of notebooks that crash, by the mistake that is in them."""

from __future__ import annotations

from .notebook import cell

SCALED = cell("""
    def scaled(pixels):
        return pixels / 127.5 - 1
""")

MISSING_DEFINITION = (
    cell("""
        import torch
        from torch import nn
    """),
    cell("""
        photos = torch.randint(0, 256, (64, 1, 28, 28)).float()
        critic = nn.Sequential(nn.Flatten(), nn.Linear(784, 1))
    """),
    "real = scaled(photos)",
    "answers = critic(real)",
)

STALE_NETWORK = (
    cell("""
        import torch
        from torch import nn
        x = torch.linspace(-3, 3, 256)[:, None]
        y = torch.sin(2 * x)
    """),
    "hidden = 2",
    "net = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, 1))",
    cell("""
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(300):
            loss = ((net(x) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loss = loss.item()
    """),
    "hidden = 64",
)

GENERATOR_LOSS = cell("""
    def generator_loss(answers):
        return F.binary_cross_entropy_with_logits(answers, torch.ones_like(answers))
""")

MISSING_IMPORT = (
    cell("""
        import torch
        from torch import nn
    """),
    "critic = nn.Linear(784, 1)",
    GENERATOR_LOSS,
    cell("""
        fakes = torch.randn(16, 784)
        loss = generator_loss(critic(fakes))
    """),
)

UNDEFINED_AFTER_AN_EPOCH = (
    cell("""
        import torch
        from torch import nn
    """),
    cell("""
        BATCHES = 200
        pictures = torch.rand(BATCHES * 32, 196)
        net = nn.Sequential(nn.Linear(196, 32), nn.ReLU(), nn.Linear(32, 196))
        optimizer = torch.optim.Adam(net.parameters())
        done = 0
    """),
    cell("""
        def step(batch):
            loss = ((net(batch) - batch) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.item()
    """),
    cell("""
        for epoch in range(2):
            for batch in pictures.split(32):
                last = step(batch)
                done += 1
            show(net, epoch)
    """),
)

IMPORTS = cell("""
    import torch
    from torch import nn
""")

FLATTEN_FOR_UNFLATTEN = (
    IMPORTS,
    cell("""
        generator = nn.Sequential(
            nn.Linear(100, 64 * 7 * 7),
            nn.ReLU(),
            nn.Flatten(),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
        )
    """),
    "noise = torch.randn(16, 100)",
    "pictures = generator(noise)",
)

ONE_DOUBLING_TOO_MANY = (
    IMPORTS,
    cell("""
        def up(inputs, outputs):
            return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)


        generator = nn.Sequential(
            nn.Linear(100, 16 * 7 * 7),
            nn.Unflatten(1, (16, 7, 7)),
            *(up(16, 16), nn.ReLU()),
            *(up(16, 8), nn.ReLU()),
            *(up(8, 1), nn.Tanh()),
        )
    """),
    cell("""
        critic = nn.Sequential(
            nn.Flatten(), nn.Linear(28 * 28, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
        )
    """),
    cell("""
        real = torch.rand(16, 1, 28, 28)
        on_real = critic(real)
    """),
    cell("""
        fakes = generator(torch.randn(16, 100))
        on_fakes = critic(fakes)
    """),
)

LABELS_LIKE_PICTURES = (
    IMPORTS + "\nimport torch.nn.functional as F",
    cell("""
        real = 0.5 + 0.5 * torch.rand(40, 1, 28, 28)
        fakes = 0.9 * torch.rand(40, 1, 28, 28)
        pictures = torch.cat([real, fakes])
        critic = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 1))
    """),
    "labels = torch.cat([torch.ones_like(real), torch.zeros_like(fakes)])",
    cell("""
        optimizer = torch.optim.Adam(critic.parameters(), lr=0.01)
        for _ in range(150):
            loss = F.binary_cross_entropy_with_logits(critic(pictures), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    """),
    cell("""
        answers = critic(pictures)[:, 0]
        middle = answers.mean()
        right = ((answers[:40] > middle).sum() + (answers[40:] <= middle).sum()).item() / 80
        apart = (answers[:40].mean() - answers[40:].mean()).item()
    """),
)

LABELS_PER_PICTURE = "labels = torch.cat([torch.ones(40, 1), torch.zeros(40, 1)])"

TRAIN = cell("""
    optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
    before = [layer.weight.clone() for layer in net.layers if hasattr(layer, "weight")]
    for _ in range(300):
        loss = ((net(x) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    loss = loss.item()
""")

SINE = cell("""
    x = torch.linspace(-3, 3, 256)[:, None]
    y = torch.sin(2 * x)
""")

LAYERS_IN_A_LIST = (
    IMPORTS,
    SINE,
    cell("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = [nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1)]

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                return x
    """),
    "net = Net()",
    TRAIN,
)

SOME_LAYERS_IN_A_LIST = (
    *LAYERS_IN_A_LIST[:2],
    cell("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = [nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh()]
                self.last = nn.Linear(8, 1)

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                return self.last(x)
    """),
    *LAYERS_IN_A_LIST[3:],
)

NETS = cell("""
    import torch
    import torch.nn.functional as F
    from torch import nn
    generator = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 2))
    critic = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    first = critic[0].weight.clone()
""")

OPTIMIZERS = cell("""
    critic_optimizer = torch.optim.Adam(critic.parameters(), lr=0.002)
    generator_optimizer = torch.optim.Adam(generator.parameters(), lr=0.002)
    done = 0
""")

CRITIC_TURN = cell("""
    def critic_turn(real, fakes):
        on_real, on_fakes = critic(real), critic(fakes)
        loss = F.softplus(-on_real).mean() + F.softplus(on_fakes).mean()
        critic_optimizer.zero_grad()
        loss.backward()
        critic_optimizer.step()
""")

GENERATOR_TURN = cell("""
    def generator_turn(fakes):
        loss = F.softplus(-critic(fakes)).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
""")

ALTERNATE = cell("""
    for _ in range(100):
        real = torch.randn(64, 2) + 3
        fakes = generator(torch.randn(64, 8))
        critic_turn(real, fakes)
        generator_turn(fakes)
        done += 1
    centre = generator(torch.randn(500, 8)).mean().item()
""")

MISSING_DETACH = (NETS, OPTIMIZERS, CRITIC_TURN, GENERATOR_TURN, ALTERNATE)

FREEZE = GENERATOR_TURN.replace(
    "    loss = ",
    "    for weight in critic.parameters():\n        weight.requires_grad_(False)\n    loss = ",
)

FREEZE_AND_THAW = (
    FREEZE + "\n    for weight in critic.parameters():\n        weight.requires_grad_(True)"
)

CRITIC_STAYS_FROZEN = (
    NETS,
    OPTIMIZERS,
    CRITIC_TURN,
    FREEZE,
    MISSING_DETACH[4].replace("real, fakes", "real, fakes.detach()"),
)

GRID_TOO_SMALL = (
    cell("""
        import torch
        from matplotlib.figure import Figure
        from torch import nn
    """),
    cell("""
        def train(steps):
            generator = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 196))
            optimizer = torch.optim.Adam(generator.parameters())
            for _ in range(steps):
                loss = ((generator(torch.randn(32, 8)) - 0.5) ** 2).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            return generator
    """),
    cell("""
        def places(pictures):
            grid = Figure().add_gridspec(10, 10)
            return [grid[k] for k in range(len(pictures))]
    """),
    cell("""
        def experiment(steps, n):
            generator = train(steps)
            pictures = generator(torch.randn(n, 8))
            return generator, places(pictures)
    """),
    "generator, shown = experiment(steps=300, n=128)",
)
