import Networks
import Testing

@Suite("Parts of search spaces")
struct NetworkPartsTests {
  /// How often each layer identity occurs.
  static func counts(_ layers: [Layer]) -> [LayerIdentity: Int] {
    layers.reduce(into: [:]) { $0[$1.identity, default: 0] += 1 }
  }

  @Test(
    "a network's layers are the fixed ones and those of its choices", arguments: SearchSpaces.names)
  func parts(name: String) throws {
    let space = try #require(SearchSpaces.named(name))
    let parts = space.parts
    var state: UInt64 = 7
    for _ in 0..<40 {
      let choices = space.choiceCounts.map { count -> Int in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % count
      }
      let network = space.network(of: try space.architecture(choices: choices))
      var layers = parts.fixed
      for term in parts.terms {
        let place = term.variables.reduce(0) { $0 * space.choiceCounts[$1] + choices[$1] }
        layers += term.layers[place]
      }
      #expect(Self.counts(layers) == Self.counts(network.layers), "choices \(choices)")
      #expect(layers.reduce(0) { $0 + $1.parameters } == network.parameters)
    }
  }
}
