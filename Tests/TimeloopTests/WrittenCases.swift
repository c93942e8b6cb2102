import Dataflow
import Ops

// Problems, mappings and counts of Timeloop's reference cases, each as `timeloop-model` printed it
// (NVlabs/timeloop, commit 4cf6d4cd): scalar accesses of one instance times utilized instances.

extension WrittenCase {
  /// A filter of three taps over a row, tiled in several ways.
  static func oneDimensional() throws -> [WrittenCase] {
    [
      // everything fits in buf; R outer, P inner
      try written(
        "g01a_conv1d_ws", convolution(p: 16, r: 3),
        [buffer("DRAM"), buffer("buf", words: 256)],
        [
          level(),
          level([(.r, 3), (.p, 16)]),
        ],
        [
          counts(weight: (3, 0, 0), input: (18, 0, 0), output: (0, 0, 16)),
          counts(weight: (48, 3, 0), input: (48, 18, 0), output: (32, 0, 48)),
        ]),
      // P tiled 4x4 at DRAM: input halo reused between tiles (sliding window)
      try written(
        "g01b_conv1d_dram_P_outer", convolution(p: 16, r: 3),
        [buffer("DRAM"), buffer("buf", words: 16)],
        [
          level([(.p, 4)]),
          level([(.r, 3), (.p, 4)]),
        ],
        [
          counts(weight: (3, 0, 0), input: (18, 0, 0), output: (0, 0, 16)),
          counts(weight: (48, 3, 0), input: (48, 18, 0), output: (32, 0, 48)),
        ]),
      // R outermost at DRAM, P inner: outputs spill (read-modify-write), inputs refetched
      try written(
        "g01c_conv1d_R_outer_P_inner_dram", convolution(p: 16, r: 3),
        [buffer("DRAM"), buffer("buf", words: 16)],
        [
          level([(.r, 3), (.p, 4)]),
          level([(.p, 4)]),
        ],
        [
          counts(weight: (3, 0, 0), input: (48, 0, 0), output: (32, 0, 48)),
          counts(weight: (48, 3, 0), input: (48, 48, 0), output: (32, 32, 48)),
        ]),
      // P outermost, R inner at DRAM
      try written(
        "g01d_conv1d_P_outer_R_inner_dram", convolution(p: 16, r: 3),
        [buffer("DRAM"), buffer("buf", words: 16)],
        [
          level([(.p, 4), (.r, 3)]),
          level([(.p, 4)]),
        ],
        [
          counts(weight: (12, 0, 0), input: (24, 0, 0), output: (0, 0, 16)),
          counts(weight: (48, 12, 0), input: (48, 24, 0), output: (32, 0, 48)),
        ]),
      // stride 2, P tiled: overlap 1
      try written(
        "g01e_conv1d_stride2", convolution(p: 16, r: 3, stride: 2),
        [buffer("DRAM"), buffer("buf", words: 16)],
        [
          level([(.p, 4)]),
          level([(.r, 3), (.p, 4)]),
        ],
        [
          counts(weight: (3, 0, 0), input: (33, 0, 0), output: (0, 0, 16)),
          counts(weight: (48, 3, 0), input: (48, 33, 0), output: (32, 0, 48)),
        ]),
      // stride 4 > R=3: gaps in the input
      try written(
        "g01f_conv1d_stride4_gap", convolution(p: 16, r: 3, stride: 4),
        [buffer("DRAM"), buffer("buf", words: 32)],
        [
          level([(.p, 4)]),
          level([(.r, 3), (.p, 4)]),
        ],
        [
          counts(weight: (3, 0, 0), input: (60, 0, 0), output: (0, 0, 16)),
          counts(weight: (48, 3, 0), input: (48, 60, 0), output: (32, 0, 48)),
        ]),
      // dilation 2
      try written(
        "g01g_conv1d_dil2", convolution(p: 16, r: 3, dilation: 2),
        [buffer("DRAM"), buffer("buf", words: 32)],
        [
          level([(.p, 4)]),
          level([(.r, 3), (.p, 4)]),
        ],
        [
          counts(weight: (3, 0, 0), input: (20, 0, 0), output: (0, 0, 16)),
          counts(weight: (48, 3, 0), input: (48, 20, 0), output: (32, 0, 48)),
        ]),
    ]
  }

  /// Layers on arrays: multicast, reduction, bypass, remainders, and three that a mapper found.
  static func layers() throws -> [WrittenCase] {
    [
      // M across X (input multicast), C across Y (spatial reduction), weights+window in RF
      try written(
        "g02a_m_x_c_y", convolution(k: 8, c: 8, p: 8, q: 8, r: 3, s: 3),
        [buffer("DRAM"), buffer("glb", words: 4096, x: 4, y: 4), buffer("rf", words: 64)],
        [
          level(),
          level([(.q, 8), (.p, 8), (.k, 2), (.c, 2)], x: [(.k, 4)], y: [(.c, 4)]),
          level([(.s, 3), (.r, 3)]),
        ],
        [
          counts(weight: (576, 0, 0), input: (800, 0, 0), output: (0, 0, 512)),
          counts(weight: (36_864, 576, 0), input: (9_216, 800, 0), output: (0, 0, 512)),
          counts(
            weight: (36_864, 36_864, 0), input: (36_864, 36_864, 0), output: (34_816, 0, 36_864)),
        ]),
      // C outermost at DRAM: partial sums spill to DRAM
      try written(
        "g02b_psum_spill_dram", convolution(k: 8, c: 8, p: 8, q: 8, r: 3, s: 3),
        [buffer("DRAM"), buffer("glb", words: 512, x: 4, y: 4), buffer("rf", words: 64)],
        [
          level([(.c, 2), (.k, 2), (.q, 2), (.p, 8)]),
          level([(.q, 4)], x: [(.k, 4)], y: [(.c, 4)]),
          level([(.s, 3), (.r, 3)]),
        ],
        [
          counts(weight: (576, 0, 0), input: (1_920, 0, 0), output: (512, 0, 1_024)),
          counts(weight: (576, 576, 0), input: (4_608, 1_920, 0), output: (512, 512, 1_024)),
          counts(
            weight: (36_864, 576, 0), input: (36_864, 18_432, 0), output: (34_816, 2_048, 36_864)),
        ]),
      // P on X, R on Y: diagonal input multicast (row stationary core)
      try written(
        "g04_diag_P_x_R_y", convolution(k: 8, c: 8, p: 8, q: 8, r: 3, s: 3),
        [buffer("DRAM"), buffer("glb", words: 4096, x: 4, y: 3), buffer("rf", words: 64)],
        [
          level(),
          level([(.p, 2), (.k, 8), (.c, 8), (.q, 8)], x: [(.p, 4)], y: [(.r, 3)]),
          level([(.s, 3)]),
        ],
        [
          counts(weight: (576, 0, 0), input: (800, 0, 0), output: (0, 0, 512)),
          counts(weight: (1_152, 576, 0), input: (7_680, 800, 0), output: (3_584, 0, 4_096)),
          counts(
            weight: (36_864, 4_608, 0), input: (36_864, 15_360, 0), output: (35_328, 10_752, 36_864)
          ),
        ]),
      // depthwise 3x3, G across X, Q across Y
      try written(
        "g06_depthwise", convolution(g: 16, p: 8, q: 8, r: 3, s: 3),
        [buffer("DRAM"), buffer("glb", words: 4096, x: 4, y: 4), buffer("rf", words: 64)],
        [
          level([(.g, 2)]),
          level([(.q, 2), (.p, 8)], x: [(.g, 4)], y: [(.q, 4)]),
          level([(.g, 2), (.s, 3), (.r, 3)]),
        ],
        [
          counts(weight: (144, 0, 0), input: (1_600, 0, 0), output: (0, 0, 1_024)),
          counts(weight: (144, 144, 0), input: (3_840, 1_600, 0), output: (0, 0, 1_024)),
          counts(weight: (9_216, 576, 0), input: (9_216, 3_840, 0), output: (8_192, 0, 9_216)),
        ]),
      // weights bypass glb, inputs bypass rf
      try written(
        "g07_bypass", convolution(k: 8, c: 8, p: 8, q: 8, r: 3, s: 3),
        [buffer("DRAM"), buffer("glb", words: 4096, x: 4, y: 4), buffer("rf", words: 64)],
        [
          level([(.k, 2)]),
          level(
            keeps: [.input, .output], [(.q, 8), (.p, 8), (.c, 2)], x: [(.k, 4)], y: [(.c, 4)]),
          level(keeps: [.weight, .output], [(.s, 3), (.r, 3)]),
        ],
        [
          counts(weight: (36_864, 0, 0), input: (800, 0, 0), output: (0, 0, 512)),
          counts(weight: nil, input: (9_216, 800, 0), output: (0, 0, 512)),
          counts(weight: (36_864, 36_864, 0), input: nil, output: (34_816, 0, 36_864)),
        ]),
      // GEMM output stationary on 4x4
      try written(
        "g09_gemm_os", convolution(n: 16, k: 16, c: 32),
        [buffer("DRAM"), buffer("glb", words: 4096, x: 4, y: 4), buffer("rf", words: 64)],
        [
          level([(.n, 2), (.k, 2)]),
          level([(.n, 2), (.k, 2), (.c, 32)], x: [(.k, 4)], y: [(.n, 4)]),
          level(),
        ],
        [
          counts(weight: (1_024, 0, 0), input: (512, 0, 0), output: (0, 0, 256)),
          counts(weight: (2_048, 1_024, 0), input: (2_048, 512, 0), output: (0, 0, 256)),
          counts(weight: (8_192, 8_192, 0), input: (8_192, 8_192, 0), output: (7_936, 0, 8_192)),
        ]),
      // GEMM weight stationary on 4x4, C outer: psums spill
      try written(
        "g10_gemm_ws", convolution(n: 16, k: 16, c: 32),
        [buffer("DRAM"), buffer("glb", words: 4096, x: 4, y: 4), buffer("rf", words: 64)],
        [
          level([(.c, 8), (.k, 4)]),
          level([(.n, 16)], x: [(.k, 4)], y: [(.c, 4)]),
          level(),
        ],
        [
          counts(weight: (512, 0, 0), input: (512, 0, 0), output: (1_792, 0, 2_048)),
          counts(weight: (512, 512, 0), input: (2_048, 512, 0), output: (1_792, 1_792, 2_048)),
          counts(weight: (8_192, 512, 0), input: (8_192, 8_192, 0), output: (7_168, 7_168, 8_192)),
        ]),
      // P=7 spread on X=4 with remainder 3 (Ruby syntax "4,3")
      try written(
        "g11_imperfect_P", convolution(k: 8, c: 8, p: 7, q: 8, r: 3, s: 3),
        [buffer("DRAM"), buffer("glb", words: 4096, x: 4, y: 4), buffer("rf", words: 64)],
        [
          level(),
          level([(.q, 8), (.p, 2), (.k, 2), (.c, 8)], x: [(.p, 4)], y: [(.k, 4)]),
          level([(.s, 3), (.r, 3)]),
        ],
        [
          counts(weight: (576, 0, 0), input: (720, 0, 0), output: (0, 0, 448)),
          counts(weight: (9_216, 576, 0), input: (8_064, 720, 0), output: (0, 0, 448)),
          counts(
            weight: (32_256, 28_224, 0), input: (32_256, 28_224, 0), output: (31_864, 0, 32_256)),
        ]),
      // eyeriss-like 14x12, mapper-found row-stationary mapping for nb201_3x3_16x32
      try written(
        "e_nb201_3x3_16x32", convolution(k: 16, c: 16, p: 32, q: 32, r: 3, s: 3),
        [
          buffer("DRAM"), buffer("shared_glb", words: 131072),
          fanout("inter_PE_column_spatial", x: 14), fanout("inter_PE_spatial", y: 12),
          buffer("ifmap_spad", words: 24), buffer("weights_spad", words: 384),
          buffer("psum_spad", words: 16),
        ],
        [
          level([(.q, 4), (.c, 8)]),
          level(keeps: [.input, .output], [(.q, 2), (.k, 2), (.p, 32)]),
          level(keeps: [], x: [(.k, 2), (.q, 4)]),
          level(keeps: [], y: [(.k, 4), (.s, 3)]),
          level(keeps: [.input]),
          level(keeps: [.weight], [(.r, 3), (.c, 2)]),
          level(keeps: [.output]),
        ],
        [
          counts(weight: (18_432, 0, 0), input: (21_760, 0, 0), output: (0, 0, 16_384)),
          counts(weight: nil, input: (104_448, 21_760, 0), output: (114_688, 0, 131_072)),
          counts(weight: nil, input: nil, output: nil),
          counts(weight: nil, input: nil, output: nil),
          counts(weight: nil, input: (2_359_296, 835_584, 0), output: nil),
          counts(weight: (2_359_296, 73_728, 0), input: nil, output: nil),
          counts(weight: nil, input: nil, output: (2_310_144, 344_064, 2_359_296)),
        ]),
      // eyeriss-like 14x12, mapper-found row-stationary mapping for fbnet_dw3_96_112_s2
      try written(
        "e_fbnet_dw3_96_112_s2", convolution(g: 96, p: 56, q: 56, r: 3, s: 3, stride: 2),
        [
          buffer("DRAM"), buffer("shared_glb", words: 131072),
          fanout("inter_PE_column_spatial", x: 14), fanout("inter_PE_spatial", y: 12),
          buffer("ifmap_spad", words: 24), buffer("weights_spad", words: 384),
          buffer("psum_spad", words: 16),
        ],
        [
          level([(.g, 24), (.q, 2)]),
          level(keeps: [.input, .output], [(.q, 7), (.p, 56)]),
          level(keeps: [], x: [(.q, 4)]),
          level(keeps: [], y: [(.g, 4), (.s, 3)]),
          level(keeps: [.input]),
          level(keeps: [.weight], [(.r, 3)]),
          level(keeps: [.output]),
        ],
        [
          counts(weight: (864, 0, 0), input: (1_225_824, 0, 0), output: (0, 0, 301_056)),
          counts(weight: nil, input: (1_822_464, 1_225_824, 0), output: (0, 0, 301_056)),
          counts(weight: nil, input: nil, output: nil),
          counts(weight: nil, input: nil, output: nil),
          counts(weight: nil, input: (2_709_504, 1_822_464, 0), output: nil),
          counts(weight: (2_709_504, 3_456, 0), input: nil, output: nil),
          counts(weight: nil, input: nil, output: (1_806_336, 0, 2_709_504)),
        ]),
      // eyeriss-like 14x12, mapper-found row-stationary mapping for vgg16_conv4_2
      try written(
        "e_vgg16_conv4_2", convolution(k: 512, c: 512, p: 28, q: 28, r: 3, s: 3),
        [
          buffer("DRAM"), buffer("shared_glb", words: 131072),
          fanout("inter_PE_column_spatial", x: 14), fanout("inter_PE_spatial", y: 12),
          buffer("ifmap_spad", words: 24), buffer("weights_spad", words: 384),
          buffer("psum_spad", words: 16),
        ],
        [
          level([(.c, 2), (.q, 2), (.p, 4), (.k, 32)]),
          level(keeps: [.input, .output], [(.c, 4), (.r, 3), (.p, 7)]),
          level(keeps: [], x: [(.q, 14)]),
          level(keeps: [], y: [(.c, 4), (.s, 3)]),
          level(keeps: [.input]),
          level(keeps: [.weight], [(.c, 16)]),
          level(keeps: [.output], [(.k, 16)]),
        ],
        [
          counts(weight: (18_874_368, 0, 0), input: (491_520, 0, 0), output: (401_408, 0, 802_816)),
          counts(
            weight: nil, input: (104_595_456, 491_520, 0), output: (9_232_384, 401_408, 9_633_792)),
          counts(weight: nil, input: nil, output: nil),
          counts(weight: nil, input: nil, output: nil),
          counts(weight: nil, input: (1_849_688_064, 104_595_456, 0), output: nil),
          counts(weight: (1_849_688_064, 264_241_152, 0), input: nil, output: nil),
          counts(weight: nil, input: nil, output: (1_844_871_168, 110_788_608, 1_849_688_064)),
        ]),
    ]
  }

  private static func written(
    _ name: String, _ problem: Problem, _ levels: [Hierarchy.Level],
    _ loops: [(keeps: TensorSet, temporal: [Passes], x: [Passes], y: [Passes])],
    _ expected: [PerTensor<Traffic>]
  ) throws -> WrittenCase {
    WrittenCase(
      name: name, problem: problem, hierarchy: Hierarchy(levels: levels),
      mapping: loopNest(of: problem, loops), expected: expected)
  }
}
