import { defineLearner, forEachInput } from 'millrace'

/** Normalised least mean squares: each record moves the weights of its inputs so that its error shrinks by a share. */
export const nlms = defineLearner({
  kind: 'nlms',
  task: 'regression',
  options: { share: 0.05 },
  header: 1, // doubles of a model: the intercept
  perSlot: 1, // doubles of each input: its weight
  predictOne(model, x, out) {
    let value = model.row[0]
    forEachInput(x, (slot, input) => {
      value += model.row[model.at(slot)] * input
    })
    out[0] = value
  },
  learnOne(model, x, y, weight) {
    const { row, options } = model
    let [value, square] = [row[0], 1]
    forEachInput(x, (slot, input) => {
      value += row[model.at(slot)] * input
      square += input * input
    })
    const share = 1 - (1 - options.share) ** weight // a weight of 2 counts as two records
    const step = (share * (y - value)) / square
    row[0] += step
    forEachInput(x, (slot, input) => {
      row[model.at(slot)] += step * input
    })
  },
})
