#include "base/json.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "version.hpp"

namespace errand::cli {

namespace {

class VersionCommand final : public Command {
 public:
  void declare(Options& options) override { options.flag("--json", json_, "as JSON, with how it was built"); }

  Result<int> run(const std::vector<std::string>& words, const Invocation&) override {
    if (!words.empty()) return unknown_verb("errand version", words.front(), {});
    if (!json_) return print_out(version_line());
    return print_json({{"name", "errand"},
                       {"version", version},
                       {"released", release_date},
                       {"system", built_for},
                       {"compiler", compiler},
                       {"build_type", build_type}});
  }

 private:
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_version_command() {
  return std::make_unique<VersionCommand>();
}

}  // namespace errand::cli
