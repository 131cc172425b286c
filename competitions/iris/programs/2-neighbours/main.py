"""Asks the 15 training flowers that are most alike."""

import os

import pandas as pd
from sklearn.neighbors import KNeighborsClassifier

data, output = os.environ["PODIUM_INPUT"], os.environ["PODIUM_OUTPUT"]
train = pd.read_csv(f"{data}/train.csv")
test = pd.read_csv(f"{data}/test.csv")
features = [name for name in test.columns if name != "id"]

model = KNeighborsClassifier(n_neighbors=15)
model.fit(train[features], train["species"])
# One neighbour more of each species, so that nothing is ruled out.
chances = (model.predict_proba(test[features]) * 15 + 1) / 18
answer = pd.DataFrame(chances, columns=model.classes_)
answer.insert(0, "id", test["id"])
answer.to_csv(f"{output}/submission.csv", index=False)
print("predicted", len(answer), "flowers")
