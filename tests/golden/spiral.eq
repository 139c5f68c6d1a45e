# model Spiral, training
Dense1.sum1[n,j] = sum(i) Dense1.W[j,i] * x[n,i]
Dense1.y[n,j] = Dense1.sum1[n,j] + Dense1.b[j]
relu[n,j] = if Dense1.y[n,j] > 0 then Dense1.y[n,j] else 0
Dense2.sum1[n,j] = sum(i) Dense2.W[j,i] * relu[n,i]
Dense2.y[n,j] = Dense2.sum1[n,j] + Dense2.b[j]
relu_2[n,j] = if Dense2.y[n,j] > 0 then Dense2.y[n,j] else 0
Dense3.sum1[n,j] = sum(i) Dense3.W[j,i] * relu_2[n,i]
Dense3.y[n,j] = Dense3.sum1[n,j] + Dense3.b[j]
sum1[n] = sum(j) exp(Dense3.y[n,j])
l2 = sum(j,k) Dense1.W[j,k]^2
l2_2 = sum(j,k) Dense2.W[j,k]^2
l2_3 = sum(j,k) Dense3.W[j,k]^2
loss[n] = 0.0001 * (l2_3 + l2_2 + l2) + log(sum1[n]) - Dense3.y[n,t[n]]
argmax1[n] = argmax(j) Dense3.y[n,j]
acc[n] = if argmax1[n] == t[n] then 1 else 0
# model Spiral, evaluation
Dense1.sum1[n,j] = sum(i) Dense1.W[j,i] * x[n,i]
Dense1.y[n,j] = Dense1.sum1[n,j] + Dense1.b[j]
relu[n,j] = if Dense1.y[n,j] > 0 then Dense1.y[n,j] else 0
Dense2.sum1[n,j] = sum(i) Dense2.W[j,i] * relu[n,i]
Dense2.y[n,j] = Dense2.sum1[n,j] + Dense2.b[j]
relu_2[n,j] = if Dense2.y[n,j] > 0 then Dense2.y[n,j] else 0
Dense3.sum1[n,j] = sum(i) Dense3.W[j,i] * relu_2[n,i]
Dense3.y[n,j] = Dense3.sum1[n,j] + Dense3.b[j]
sum1[n] = sum(j) exp(Dense3.y[n,j])
loss[n] = log(sum1[n]) - Dense3.y[n,t[n]]
p[n,k] = exp(Dense3.y[n,k]) / sum1[n]
argmax1[n] = argmax(j) Dense3.y[n,j]
acc[n] = if argmax1[n] == t[n] then 1 else 0
