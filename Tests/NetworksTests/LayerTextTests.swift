import Networks
import Ops
import Testing

@Suite("Layer texts")
struct LayerTextTests {
  @Test(
    "a text prints in its canonical form with everything left out filled in",
    arguments: [
      (
        "conv c=16 k=32 h=32 r=3 pad=1",
        "conv n=1 c=16 k=32 h=32 w=32 r=3 s=3 stride=1 pad=1 dilation=1 groups=1"
      ),
      (
        "  conv\tgroups=2 k=32 c=16 w=8 h=9 s=1 r=5 n=4 stride=2 pad=2 dilation=1 abits=8 wbits=4",
        "conv n=4 c=16 k=32 h=9 w=8 r=5 s=1 stride=2 pad=2 dilation=1 groups=2 wbits=4 abits=8"
      ),
      (
        "depthwise c=96 h=112 w=112 r=3 s=3 stride=2 pad=1",
        "depthwise n=1 c=96 h=112 w=112 r=3 s=3 stride=2 pad=1 dilation=1"
      ),
      ("linear c=1024 k=1000 n=1", "linear n=1 c=1024 k=1000"),
      (
        "maxpool c=16 h=32 r=3 pad_h=1",
        "maxpool n=1 c=16 h=32 w=32 r=3 s=3 stride=1 pad_h=1 pad_w=0"
      ),
      ("avgpool c=16 h=32 r=2 stride=2", "avgpool n=1 c=16 h=32 w=32 r=2 s=2 stride=2 pad=0"),
      ("globalpool c=64 h=8 w=8", "globalpool n=1 c=64 h=8 w=8"),
      ("add c=16 h=32", "add n=1 c=16 h=32 w=32"),
      ("add c=16 h=32 operands=3", "add n=1 c=16 h=32 w=32 operands=3"),
      ("concat c=16 h=32", "concat n=1 c=16 h=32 w=32"),
      ("shuffle c=16 h=32 groups=2", "shuffle n=1 c=16 h=32 w=32 groups=2"),
      ("bnrelu c=64 h=8", "bnrelu n=1 c=64 h=8 w=8"),
      ("scale c=64 h=8", "scale n=1 c=64 h=8 w=8"),
      ("skip c=64 h=8", "skip n=1 c=64 h=8 w=8"),
      ("zero c=64 h=8 accbits=20", "zero n=1 c=64 h=8 w=8 accbits=20"),
    ])
  func canonical(text: String, canonical: String) throws {
    let layer = try LayerText(text)
    #expect(layer.canonical == canonical)
    #expect(try LayerText(canonical).op.key == layer.op.key)
    #expect(try LayerText(canonical).canonical == canonical)
  }

  @Test("what the layers before determine may be left out")
  func inference() throws {
    let map = FeatureMap(channels: 8, height: 4, width: 5)
    #expect(
      try LayerText("conv k=2 r=1", reading: [map]).canonical
        == "conv n=1 c=8 k=2 h=4 w=5 r=1 s=1 stride=1 pad=0 dilation=1 groups=1")
    #expect(try LayerText("linear k=2", reading: [map]).canonical == "linear n=1 c=160 k=2")
    #expect(
      try LayerText("add", reading: [map, map, map]).canonical == "add n=1 c=8 h=4 w=5 operands=3")
    #expect(try LayerText("concat", reading: [map, map]).canonical == "concat n=1 c=16 h=4 w=5")
  }

  @Test(
    "a mistake is named with its column and a hint",
    arguments: [
      ("", 1, "no layer is given", "such as 'conv c=16 k=16 h=32 r=3 pad=1'"),
      ("conf c=1", 1, "unknown op 'conf'", "did you mean 'conv'?"),
      (
        "x", 1, "unknown op 'x'",
        "one of conv, depthwise, linear, maxpool, avgpool, globalpool, add, concat, shuffle, "
          + "bnrelu, scale, skip, zero"
      ),
      ("  conv c", 8, "'c' is not key=value", "write 'c=…' without spaces"),
      (
        "conv 16 16", 6, "'16' is not key=value",
        "write a key before each number, such as 'c=16'"
      ),
      ("conv c=1 kernel=3", 10, "'conv' has no key 'kernel'", "did you mean 'r'?"),
      ("conv c=1 strid=3", 10, "'conv' has no key 'strid'", "did you mean 'stride'?"),
      ("conv c=1 c=2", 10, "'c' is given twice", nil),
      ("conv c=1.5", 8, "'c' needs a whole number, not '1.5'", nil),
      (
        "conv c=99999999999999999999", 8, "'c' needs a whole number, not '99999999999999999999'",
        nil
      ),
      ("conv c=1 h=3 r=1", 1, "'k' is missing", "add 'k=…'"),
      ("conv c=1 k=1 h=0 r=1", 14, "h=0 is not between 1 and 16777216", nil),
      ("conv c=1 k=1 h=4 r=5", 18, "the window's r spans 5 elements, the padded input has 4", nil),
      (
        "conv c=1 k=1 h=9 w=4 r=5", 22, "the window's s spans 5 elements, the padded input has 4",
        nil
      ),
      ("conv c=4 k=6 h=4 r=1 groups=4", 10, "k=6 does not divide into groups=4", nil),
      ("conv c=1 k=1 h=4 r=1 stride=-1", 22, "stride=-1 is not between 1 and 16777216", nil),
      (
        "conv c=1 k=1 h=4 r=1 pad=1 pad_w=2", 28, "'pad_w' and 'pad' exclude each other", nil
      ),
      ("conv n=0 c=1", 6, "n=0 is not between 1 and 16777216", nil),
      ("linear c=1 k=1 wbits=2000", 16, "wbits=2000 is not between 1 and 1024 bits", nil),
      ("maxpool c=1 h=4 r=3 pad=2", 21, "pad=2 is more than half the window of 3", nil),
      (
        "skip c=16777216 h=16777216", 1, "more than 2^48 words or operations an image", nil
      ),
    ] as [(String, Int, String, String?)])
  func mistakes(text: String, column: Int, message: String, hint: String?) {
    #expect(
      throws: TextError(text: text, column: column, message: message, hint: hint)
    ) { try LayerText(text) }
  }
}
