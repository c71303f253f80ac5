/// WebP files (RFC 9649): the container, lossy images (VP8, RFC 6386) and lossless ones (VP8L), decoded to the samples of libwebp 1.6,
/// which Pillow uses. Arithmetic is in integers throughout, so every sample is equal.
///
/// Read it in this order: [WebpContainer] finds the first frame. A lossy frame goes through [BoolDecoder], [Vp8Header], [MacroblockModes],
/// [Coefficients], [MacroblockPredictor] and [SubblockPredictor], [InverseTransform], [LoopFilter] and [YuvToRgb]; [Vp8Decoder] is the loop
/// over them. A lossless frame goes through [LosslessBits], [PrefixCode], [EntropyImage] and [LosslessTransform]; [LosslessDecoder] puts
/// them together. [AlphaPlane] is the transparency of a lossy frame.
///
/// Nothing here is part of the module's interface.
@NullMarked
package io.github.clip4j.image.webp;

import org.jspecify.annotations.NullMarked;
