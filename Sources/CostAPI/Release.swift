/// The versions every report carries.
public enum Release {
  /// The version of the program, as in CHANGELOG.md.
  public static let version = "0.1.0"

  /// The version of the model: raised by every change that changes a result.
  public static let modelVersion: Int64 = 1

  /// The version of the reports' keys.
  public static let schema: Int64 = 1
}
