#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.hpp"
#include "support/temp_dir.hpp"

namespace errand::test::e2e {

/// The key of a case's model server. No output may repeat it.
inline constexpr std::string_view test_key = "test-key-5f1d0c";

using Variables = std::map<std::string, std::string>;

/// Every string in `value`, keys too, with {{name}} replaced by that variable; names that are none stay.
Json expanded(const Json& value, const Variables& variables);
std::string expanded(std::string text, const Variables& variables);

/// Directories of its own for one test: a workspace to stand in, a home, a data directory that does not exist yet.
class World {
 public:
  World();

  [[nodiscard]] std::string workspace() const { return temp_ / "workspace"; }
  [[nodiscard]] std::string home() const { return temp_ / "home"; }
  [[nodiscard]] std::string data() const { return temp_ / "data"; }
  /// {{workspace}}, {{home}}, {{data}}, {{temp}} and {{key}}.
  [[nodiscard]] Variables variables() const;

  /// Makes files as a case's `files` says: from the workspace, "~/…" from the home, or absolute. README.md has the
  /// format.
  void make_files(const Json& files) const;
  /// Where a path of a case lies.
  [[nodiscard]] std::string path_of(const std::string& name) const;

  /// A clean environment: PATH, the directories here, nothing of the user who runs the test.
  [[nodiscard]] std::map<std::string, std::string> environment() const;

 private:
  TempDir temp_;
};

/// The program under test: the one that was built, or $ERRAND_BINARY.
std::string binary();

std::vector<std::string> as_list(const std::map<std::string, std::string>& environment);

/// `agents.yaml` of a case that has none: an agent "helper" whose model is `model`.
std::string helper_agent(std::string_view model = "anthropic/test-model");

}  // namespace errand::test::e2e
