const runs = [
  { n: 70e6, d: 2e9, loss: 3.61 },
  { n: 160e6, d: 4e9, loss: 3.27 },
  { n: 410e6, d: 8e9, loss: 3.02 },
];
