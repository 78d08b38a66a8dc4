"""FCN on the last two scales of EfficientNet-Lite0: a small network of the same architecture as the paper's, for trying the tool.

Self-contained, so that it loads with the package or without its configuration tree. How it was trained: fcn-compact.md.
"""

custom_imports = dict(imports=["demo.models.efficientnet_lite"])
norm_cfg = dict(type="BN", requires_grad=True)
data_preprocessor = dict(
    type="SegDataPreProcessor",
    mean=[127.0, 127.0, 127.0],
    std=[128.0, 128.0, 128.0],
    bgr_to_rgb=True,
    pad_val=0,
    seg_pad_val=255,
)
model = dict(
    type="EncoderDecoder",
    data_preprocessor=data_preprocessor,
    pretrained=None,
    backbone=dict(
        type="EfficientNetLite",
        variant="lite0",
        out_indices=(1, 2, 4, 6),
        frozen_stages=4,
        frozen_depthwise=True,
        norm_eval=True,
    ),
    decode_head=dict(
        type="FCNHead",
        in_channels=[112, 320],
        in_index=[2, 3],
        input_transform="resize_concat",
        channels=128,
        num_convs=2,
        concat_input=True,
        dropout_ratio=0.1,
        num_classes=150,
        norm_cfg=norm_cfg,
        align_corners=False,
        loss_decode=dict(type="CrossEntropyLoss", use_sigmoid=False, loss_weight=1.0),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode="whole"),
)

test_pipeline = [
    dict(type="LoadImageFromFile"),
    dict(type="Resize", scale=(2048, 320), keep_ratio=True),
    dict(type="ResizeToMultiple", size_divisor=32, interpolation="bilinear"),
    dict(type="PackSegInputs"),
]
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(
        type="ADE20KDataset",
        data_root="data/ade/ADEChallengeData2016",
        data_prefix=dict(img_path="images/validation", seg_map_path="annotations/validation"),
        pipeline=test_pipeline,
    ),
)
test_evaluator = dict(type="IoUMetric", iou_metrics=["mIoU"])
default_scope = "mmseg"
