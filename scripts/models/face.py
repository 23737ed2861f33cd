"""Makes the folder of face models from the PyPI wheel mediapipe 0.10.14 (Apache-2.0).

  face.py OUT_DIR MEDIAPIPE_WHEEL

Writes face_detection.onnx, face_landmarks.onnx and person_matte.onnx and copies our own
visemes.onnx beside them. The same wheel gives the same bytes. No network. Needs numpy, onnx, tflite
(which needs flatbuffers).

Inputs and outputs keep TensorFlow Lite's names and NHWC layout:
  face_detection  (BlazeFace short range)       input [1,128,128,3] -1...1
                  -> regressors [1,896,16], classificators [1,896,1]
  face_landmarks  (attention mesh)              input_1 [1,192,192,3] 0...1
                  -> output_mesh_identity 468 x 3, output_lips 80 x 2, output_left_eye 71 x 2,
                     output_right_eye, output_left_iris 5 x 2, output_right_iris, conv_faceflag
  person_matte    (selfie segmentation)         input_1 [1,256,256,3] 0...1
                  -> activation_10 [1,256,256,1], how much of each pixel is a person
"""

import os
import shutil
import sys
import zipfile

import onnx
from face_tflite import Graph

NETWORKS = {
    "face_detection.onnx": "face_detection/face_detection_short_range.tflite",
    "face_landmarks.onnx": "face_landmark/face_landmark_with_attention.tflite",
    "person_matte.onnx": "selfie_segmentation/selfie_segmentation.tflite",
}


VISEMES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "visemes", "visemes.onnx")


def main():
    out, wheel = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name, member in NETWORKS.items():
            model = Graph(archive.read("mediapipe/modules/" + member)).convert()
            onnx.checker.check_model(model)
            path = os.path.join(out, name)
            onnx.save(model, path + ".part")
            os.replace(path + ".part", path)
    shutil.copyfile(VISEMES, os.path.join(out, "visemes.onnx"))


if __name__ == "__main__":
    main()
