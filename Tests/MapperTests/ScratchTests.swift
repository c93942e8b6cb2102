import Accelerators
import Dataflow
import Mapper
import Ops
import Testing

@Suite("Scratch")
struct ScratchTests {
  @Test("scratch")
  func scratch() throws {
    let cases: [(String, Problem, Double)] = [
      ("nb201_3x3_16x32", try convolution(k: 16, c: 16, p: 32, q: 32, r: 3, s: 3), 6.70339e6 * 24576),
      ("nb201_1x1_32x16", try convolution(k: 32, c: 32, p: 16, q: 16, r: 1, s: 1), 1.61391e6 * 4096),
      ("nb201_red", try convolution(k: 32, c: 16, p: 16, q: 16, r: 3, s: 3, stride: 2), 4.11752e6 * 12288),
      ("redsc", try convolution(k: 32, c: 16, p: 16, q: 16, r: 1, s: 1), 1.0681e6 * 2048),
      ("pw_16_96", try convolution(k: 96, c: 16, p: 112, q: 112, r: 1, s: 1), 1.25952e8 * 114688),
      ("dw3_96_s2", try convolution(g: 96, k: 1, c: 1, p: 56, q: 56, r: 3, s: 3, stride: 2), 1.09346e8 * 113904),
      ("vgg1_1", try convolution(k: 64, c: 3, p: 224, q: 224, r: 3, s: 3), 3.73703e8 * 516096),
      ("vgg4_2", try convolution(k: 512, c: 512, p: 28, q: 28, r: 3, s: 3), 3.67665e9 * 11010048),
      ("alex1", try convolution(k: 96, c: 3, p: 55, q: 55, r: 11, s: 11, stride: 4), 2.43218e8 * 732050),
      ("alex3", try convolution(k: 384, c: 256, p: 13, q: 13, r: 3, s: 3), 3.4959e8 * 958464),
      ("alex5", try convolution(g: 2, k: 128, c: 192, p: 13, q: 13, r: 3, s: 3), 1.7922e8 * 479232),
    ]
    for isFree in [false, true] {
    for (name, problem, reference) in cases {
      for rules in [CountingRules.timeloop, .exact] {
        let space = Mapspace(problem, on: eyerissLike(isFree: isFree), rules: rules)
        let search = MappingSearch(space, minimizing: .energyDelayProduct)
        let clock = ContinuousClock()
        let start = clock.now
        let text = search.trial()
        let time = clock.now - start
        print(name, isFree, rules.rawValue, text, "ref", reference, time)
      }
    }
    }
  }
}
