/// The folders in which names of targets, networks and suites are looked up, first to last.
///
/// Each folder is searched for `NAME.yaml`, `hwconfigs/NAME.yaml`,
/// `hwconfigs/measured/NAME/device.yaml`, `hwconfigs/boards/NAME.yaml`, `networks/NAME.yaml` and
/// `validation/NAME.yaml`.
public struct SearchPath: Hashable, Sendable {
  /// The folders, the first to be looked in first.
  public var folders: [String]

  /// Folders, the first to be looked in first.
  public init(folders: [String]) { self.folders = folders }

  /// The folders of the command line, then those of `$HWCOST_CONFIG` (separated by colons), then
  /// `share/hwcost` of the installation the executable belongs to, then its source tree.
  public init(given: [String], environment: String?, executable: String?) {
    folders = given + Self.folders(inEnvironment: environment)
    guard let executable else { return }
    let home = Self.parent(of: executable)
    folders.append("\(Self.parent(of: home))/share/hwcost")
    // A build lies some folders below the source tree: .build/PLATFORM/release/hwcost.
    var folder = home
    for _ in 0..<6 where folder != "/" {
      if TextFile.exists("\(folder)/Package.swift"), TextFile.isFolder("\(folder)/hwconfigs") {
        folders.append(folder)
        break
      }
      folder = Self.parent(of: folder)
    }
  }

  /// The folders that `$HWCOST_CONFIG` names.
  public static func folders(inEnvironment value: String?) -> [String] {
    (value ?? "").split(separator: ":").map(String.init)
  }

  /// What a name can stand for.
  public enum Kind: Hashable, Sendable {
    /// A file of `hwconfigs/`.
    case target
    /// A file of `networks/`.
    case network
    /// Published figures to compare ours with.
    case suite
  }

  /// The first file of that name; `nil` where no folder has one.
  public func file(of name: String, _ kind: Kind) -> String? {
    for folder in folders {
      for place in Self.places(of: kind) {
        let path = "\(folder)/\(place.before)\(name)\(place.after)"
        if TextFile.exists(path), !TextFile.isFolder(path) { return path }
      }
    }
    return nil
  }

  /// A file that a name stands for.
  public struct File: Hashable, Sendable {
    /// The name that the file goes by.
    public var name: String
    /// Where the file is.
    public var path: String
    /// Whether its folder holds only files of the kind; any YAML file can stand in the others.
    public var isCertain: Bool
  }

  /// Every name with its file, sorted by name; of two files of one name the first found.
  public func files(_ kind: Kind) -> [File] {
    var files: [String: File] = [:]
    for folder in folders {
      for place in Self.places(of: kind) {
        let parent = "\(folder)/\(place.before)"
        for entry in TextFile.names(in: parent) {
          guard let name = Self.name(in: entry, place), files[name] == nil else { continue }
          let path = "\(parent)\(name)\(place.after)"
          guard TextFile.exists(path), !TextFile.isFolder(path) else { continue }
          files[name] = File(name: name, path: path, isCertain: !place.before.isEmpty)
        }
      }
    }
    return files.values.sorted { $0.name < $1.name }
  }
}

extension SearchPath {
  private struct Place {
    var before: String
    var after: String
  }

  private static func places(of kind: Kind) -> [Place] {
    switch kind {
    case .target:
      [
        Place(before: "", after: ".yaml"), Place(before: "hwconfigs/", after: ".yaml"),
        Place(before: "hwconfigs/measured/", after: "/device.yaml"),
        Place(before: "hwconfigs/boards/", after: ".yaml"),
      ]
    case .network:
      [Place(before: "", after: ".yaml"), Place(before: "networks/", after: ".yaml")]
    case .suite:
      [Place(before: "", after: ".yaml"), Place(before: "validation/", after: ".yaml")]
    }
  }

  /// The name that a folder's entry gives a file, if the entry is of the place's form.
  private static func name(in entry: String, _ place: Place) -> String? {
    if place.after.hasPrefix("/") { return entry }
    guard entry.hasSuffix(place.after), entry.count > place.after.count else { return nil }
    return String(entry.dropLast(place.after.count))
  }

  /// The folder that holds a file or folder.
  public static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
