# model M, training
Block1.twice[n,j] = 2 * x[n,j]
Block1.Dense1.sum1[n,j] = sum(i) Block1.Dense1.W[j,i] * Block1.twice[n,i]
Block1.Dense1.y[n,j] = Block1.Dense1.sum1[n,j] + Block1.Dense1.b[j]
Block1.Scale1.y[n,k] = Block1.Scale1.g[k] * Block1.Dense1.y[n,k]
twice[n,j] = 3 * Block1.Scale1.y[n,j]
mse[n] = mean(j) (twice[n,j] - t[n,j])^2
l2 = sum(j,k) Block1.Dense1.W[j,k]^2
loss[n] = 3 * l2 + mse[n]
# model M, evaluation
Block1.twice[n,j] = 2 * x[n,j]
Block1.Dense1.sum1[n,j] = sum(i) Block1.Dense1.W[j,i] * Block1.twice[n,i]
Block1.Dense1.y[n,j] = Block1.Dense1.sum1[n,j] + Block1.Dense1.b[j]
Block1.Scale1.y[n,k] = Block1.Scale1.g[k] * Block1.Dense1.y[n,k]
twice[n,j] = 3 * Block1.Scale1.y[n,j]
mse[n] = mean(j) (twice[n,j] - t[n,j])^2
loss[n] = mse[n]
