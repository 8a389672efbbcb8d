runs = [
    {"params": 70e6, "tokens": 2e9, "mix": {"web": 0.9, "code": 0.1}, "loss": 3.61},
    {"params": 160e6, "tokens": 4e9, "mix": {"web": 0.5, "code": 0.5}, "loss": 3.27},
    {'params': 160e6, 'tokens': 4e9, 'mix': {'web': 0.2, 'code': 0.8}, 'loss': "diverged"},
]
