/// A small case in Timeloop's own form, with the spellings it allows.
enum TimeloopText {
  static let architecture = """
    architecture:
      version: 0.4
      subtree:
      - name: chip
        local:
        - name: dram
          class: DRAM
          attributes: {width: 32, datawidth: 8}
        subtree:
        - name: core[0..1]
          local:
          - name: buffer
            class: storage
            subclass: SRAM
            attributes: {sizeKB: 1, word-bits: 16, block-size: 2, multiple-buffering: 2,
              read_bandwidth: 4, shared_bandwidth: 6, meshX: 2, technology: 45nm}
          - name: mac[0..3]
            class: intmac
            attributes: {meshX: 4, meshY: 2, datawidth: 8}
    ERT:
      version: 0.4
      tables:
      - name: chip.dram
        actions:
        - {name: read, arguments: {}, energy: 100}
        - {name: write, arguments: {}, energy: 120}
      - name: chip.core[0..1].buffer[1..1]
        actions:
        - {name: read, energy: 2.5}
        - {name: write, energy: 3}
        - {name: update, energy: 4}
        - {name: leak, energy: 0.5}
      - name: chip.core[0..1].mac[0..3]
        actions: [{name: compute, energy: 1}]
    """

  static let problem = """
    problem:
      shape:
        name: product
        dimensions: [M, X, Y]
        data-spaces:
        - {name: A, projection: [[[M]], [[Y]]]}
        - {name: B, projection: [[[Y]], [[X]]]}
        - {name: Z, projection: [[[M]], [[X]]], read-write: True}
      instance: {M: 4, X: 6, Y: 2}
    """

  static let mapping = """
    mapping:
    - {target: dram, type: temporal, factors: [X=3, Y0]}
    - {target: 1, type: spatial, factors: M=2}
    - {target: buffer, type: temporal, factors: X2, permutation: [X]}
    - {target: buffer, type: spatial, factors: M=2, permutation: "Y,M,X", split: 1}
    - {target: buffer, type: bypass, bypass: [A]}
    """
}

/// A file with something wrong, and what is said about it.
struct Mistake: Sendable {
  var old: String
  var new: String
  var messages: [String]

  static let all: [Mistake] = [
    Mistake(
      old: "  - name: chip.dram\n", new: "  - name: chip.drum\n",
      messages: ["arch.yaml:6: the energy table has no entry for 'dram'"]),
    Mistake(
      old: "class: intmac", new: "class: Legacy",
      messages: [
        "arch.yaml:2: expected memories and one compute component, found 2 memories and 0 compute "
          + "components",
        "arch.yaml:18: the network class 'Legacy' cannot be represented",
      ]),
    Mistake(
      old: "meshX: 4, meshY: 2, datawidth: 8", new: "meshX: 4, meshY: 3, datawidth: 8",
      messages: ["arch.yaml:19: 'mac' has 8 instances, but a mesh of 4 x 3"]),
    Mistake(
      old: "technology: 45nm", new: "cluster_size: 2",
      messages: ["arch.yaml:16: a cluster size of 2 cannot be represented"]),
    Mistake(
      old: "technology: 45nm", new: "min_utilization: 0.5",
      messages: ["arch.yaml:16: 'min_utilization' of 'buffer' cannot be represented"]),
    Mistake(
      old: "[[[M]], [[Y]]]", new: "[[[M], [X], [Y]]]",
      messages: ["problem.yaml:6: an axis of more than two terms cannot be represented"]),
    Mistake(
      old: "[[[M]], [[Y]]]", new: "[[[M]], [[W]]]",
      messages: ["problem.yaml:6: expected [dimension] or [dimension, coefficient], found a list"]),
    Mistake(
      old: "X: 6, ", new: "",
      messages: ["problem.yaml:9: the key 'X' is missing"]),
    Mistake(
      old: "Y: 2}", new: "Y: 2, densities: {A: 0.5}}",
      messages: ["problem.yaml:9: sparse tensors cannot be represented"]),
    Mistake(
      old: ", read-write: True", new: "",
      messages: [
        "problem.yaml:6: expected one data space with 'read_write: true' and at most two without, "
          + "found 0 and 3"
      ]),
    Mistake(
      old: "X=3", new: "X=4",
      messages: ["mapping.yaml:2: the factors of 'X' cover 8 of 6 iterations"]),
    Mistake(
      old: "target: dram", new: "target: drum",
      messages: [
        "mapping.yaml:2: there is no level 'drum' in the architecture"
      ]),
    Mistake(
      old: "bypass: [A]", new: "bypass: [Q]",
      messages: ["mapping.yaml:6: there is no data space 'Q' in the problem"]),
    Mistake(
      old: "type: bypass, ", new: "type: skew, ",
      messages: ["mapping.yaml:6: a directive of type 'skew' cannot be represented"]),
    Mistake(
      old: "factors: X2,", new: "factors: X2*, no_temporal_reuse: [A],",
      messages: [
        "mapping.yaml:4: '*' is no factor",
        "mapping.yaml:4: 'no_temporal_reuse' cannot be represented",
      ]),
  ]
}
