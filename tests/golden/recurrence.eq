# model Echo, training
sum1[n,t,j] = sum(i) W[j,i] * x[n,t,i]
# for t = 0 .. 5
  sum1_2[n,t,j] = sum(i) (if t >= 1 then h[n,t-1,i] * U[j,i] else 0)
  h[n,t,j] = tanh(sum1_2[n,t,j] + sum1[n,t,j])
Dense1.sum1[n,j] = sum(i) Dense1.W[j,i] * h[n,5,i]
Dense1.y[n,j] = Dense1.sum1[n,j] + Dense1.b[j]
mse[n] = mean(j) (Dense1.y[n,j] - y[n,j])^2
loss[n] = mse[n]
# model Echo, evaluation
sum1[n,t,j] = sum(i) W[j,i] * x[n,t,i]
# for t = 0 .. 5
  sum1_2[n,t,j] = sum(i) (if t >= 1 then h[n,t-1,i] * U[j,i] else 0)
  h[n,t,j] = tanh(sum1_2[n,t,j] + sum1[n,t,j])
Dense1.sum1[n,j] = sum(i) Dense1.W[j,i] * h[n,5,i]
Dense1.y[n,j] = Dense1.sum1[n,j] + Dense1.b[j]
mse[n] = mean(j) (Dense1.y[n,j] - y[n,j])^2
loss[n] = mse[n]
