"""The usual hand-made model server: FastAPI and ONNX Runtime, speaking the JSON of the Open Inference Protocol.

uvicorn --workers 2 --loop uvloop --http httptools fastapi_iris:app, with IRIS naming the model file.
"""

import os

import numpy as np
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["IRIS"], options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
app = FastAPI()


class Tensor(BaseModel):
    name: str
    shape: list[int]
    datatype: str
    data: list[float]


class Request(BaseModel):
    inputs: list[Tensor]


@app.post("/v2/models/iris/infer")
async def infer(request: Request):
    tensor = request.inputs[0]
    values = np.asarray(tensor.data, dtype=np.float32).reshape(tensor.shape)
    label, probabilities = session.run(None, {name: values})
    return {
        "model_name": "iris",
        "outputs": [
            {"name": "label", "shape": list(label.shape), "datatype": "INT64", "data": label.tolist()},
            {
                "name": "probabilities",
                "shape": list(probabilities.shape),
                "datatype": "FP32",
                "data": probabilities.ravel().tolist(),
            },
        ],
    }
