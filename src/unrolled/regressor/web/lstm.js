// One step of an LSTM, compiled from the equation `eq-lstm` of book/lstm.md: change it there, then
// run `python -m unrolled.regressor.web book/lstm.md`.
const lstm = ({add, minus, times, dot, sigmoid, tanh}) => v => {
  v["i_t"] = sigmoid(add(add(dot(v["x_t"], v["W_i"]), dot(v["h_{t-1}"], v["U_i"])), v["b_i"]));
  v["f_t"] = sigmoid(add(add(dot(v["x_t"], v["W_f"]), dot(v["h_{t-1}"], v["U_f"])), v["b_f"]));
  v["g_t"] = tanh(add(add(dot(v["x_t"], v["W_c"]), dot(v["h_{t-1}"], v["U_c"])), v["b_c"]));
  v["o_t"] = sigmoid(add(add(dot(v["x_t"], v["W_o"]), dot(v["h_{t-1}"], v["U_o"])), v["b_o"]));
  v["c_t"] = add(times(v["f_t"], v["c_{t-1}"]), times(v["i_t"], v["g_t"]));
  v["h_t"] = times(v["o_t"], tanh(v["c_t"]));
  return v;
};
