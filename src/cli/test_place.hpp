#pragma once

#include <string>
#include <utility>

#include "base/error.hpp"
#include "config/configuration.hpp"

namespace errand::cli {

/// Who answers for the models.
enum class TestMode {
  replay,  ///< neither key nor network: whatever is no recording or script fails
  record,  ///< the models do, with the user's own keys, and the recordings are made anew
  live,    ///< the models do, with the user's own keys
};

/// A directory for one run: its workspace, home, data and state, removed when this goes (unless kept).
class TestPlace {
 public:
  enum class After { remove, keep };

  static Result<TestPlace> make(After after);
  TestPlace(TestPlace&& other) noexcept;
  TestPlace& operator=(TestPlace&&) = delete;
  ~TestPlace();

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] std::string workspace() const { return root_ + "/workspace"; }

 private:
  TestPlace(std::string root, After after) : root_(std::move(root)), after_(after) {}

  std::string root_;
  After after_;
};

/// Where a program looks for its things when it is started in a place.
struct TestSurrounding {
  config::EnvMap env;
  config::Sources sources;
};

/// With keys and addresses of `ours` only where models are to answer themselves.
TestSurrounding surrounding_of(const TestPlace& place, TestMode mode, const config::Sources& ours);

Result<void> put_file(const std::string& path, std::string_view content);

/// The definitions and settings of `project`, in the place's workspace. An agents.yaml stands there also where the
/// project has none: it marks the workspace as a project of its own, so that nothing above it is looked at.
Result<void> copy_definitions(const config::Project& project, const TestPlace& place);

/// The settings of `project` alone, so that its names of models and providers mean the same.
Result<void> copy_settings(const config::Project& project, const TestPlace& place);

/// What the user trusts in the project holds in its copy too. To be called before anything else is put there: a guarded
/// value that is added makes it another project, in which such values are held back.
Result<void> trust_copy(const config::Project& project, const TestSurrounding& around);

/// A recording without exchanges: whatever would go over the network fails.
Result<std::string> empty_recording(const TestPlace& place);
std::string empty_recording_path(const TestPlace& place);

}  // namespace errand::cli
