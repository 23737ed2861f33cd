"""Makes the folder of face models from the PyPI wheel mediapipe 0.10.14 (Apache-2.0).

  face.py OUT_DIR MEDIAPIPE_WHEEL

Writes face_detection.onnx, face_landmarks.onnx, person_matte.onnx, palm_detection.onnx and
hand_landmarks.onnx and copies our own visemes.onnx beside them. The same wheel gives the same
bytes. No network. Needs numpy, onnx, tflite (which needs flatbuffers).

Inputs and outputs keep TensorFlow Lite's names and NHWC layout:
  face_detection  (BlazeFace short range)       input [1,128,128,3] -1...1
                  -> regressors [1,896,16], classificators [1,896,1]
  face_landmarks  (attention mesh)              input_1 [1,192,192,3] 0...1
                  -> output_mesh_identity 468 x 3, output_lips 80 x 2, output_left_eye 71 x 2,
                     output_right_eye, output_left_iris 5 x 2, output_right_iris, conv_faceflag
  person_matte    (selfie segmentation)         input_1 [1,256,256,3] 0...1
                  -> activation_10 [1,256,256,1], how much of each pixel is a person
  palm_detection  (BlazePalm lite)              input_1 [1,192,192,3] 0...1
                  -> Identity [1,2016,18], Identity_1 [1,2016,1]
  hand_landmarks  (hand landmark lite)          input_1 [1,224,224,3] 0...1
                  -> Identity 21 x 3, Identity_1 whether it is a hand, Identity_2 which one,
                     Identity_3 21 x 3 in metres

The two of hands, which few portraits show, are kept in 8 bits.
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
    "palm_detection.onnx": "palm_detection/palm_detection_lite.tflite",
    "hand_landmarks.onnx": "hand_landmark/hand_landmark_lite.tflite",
}
NARROWED = ("palm_detection.onnx", "hand_landmarks.onnx")


VISEMES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "visemes", "visemes.onnx")


def main():
    out, wheel = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name, member in NETWORKS.items():
            network = archive.read("mediapipe/modules/" + member)
            model = Graph(network, narrows=name in NARROWED).convert()
            onnx.checker.check_model(model)
            path = os.path.join(out, name)
            onnx.save(model, path + ".part")
            os.replace(path + ".part", path)
    shutil.copyfile(VISEMES, os.path.join(out, "visemes.onnx"))


if __name__ == "__main__":
    main()
