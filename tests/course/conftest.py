from lab.conftest import own_folder  # noqa: F401  (every test keeps progress to itself)
