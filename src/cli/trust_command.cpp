#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "config/trust.hpp"

namespace errand::cli {

namespace {

class TrustCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--list", list_, "the directories that are trusted");
    options.flag("--remove", remove_, "trust DIR no longer");
    options.flag("--json", json_, "as JSON");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    if (words.size() > 1) return fail(ErrorKind::usage, "trust takes one directory");
    if (list_ && (remove_ || !words.empty())) return fail(ErrorKind::usage, "--list stands alone");
    ERRAND_TRY_ASSIGN(auto sources, configuration_sources(invocation));
    if (!words.empty()) {
      ERRAND_TRY_ASSIGN(sources.cwd, real_path(words.front()));
      if (!is_directory(sources.cwd)) return fail(ErrorKind::failure, fmt::format("{} is no directory", words.front()));
    }
    if (list_) return list(sources);
    auto loaded = config::load(sources, config::Scope::all);
    if (!loaded) return fail(combined(std::move(loaded).error()));
    if (remove_) return forget(*loaded);
    return trust(*loaded);
  }

 private:
  Result<int> list(const config::Sources& sources) const {
    ERRAND_TRY_ASSIGN(auto records, config::trusted_projects(sources.state_dir));
    const auto again = std::ranges::unique(records, {}, &config::TrustRecord::directory);
    records.erase(again.begin(), again.end());
    if (json_) {
      auto items = Json::array();
      for (const auto& record : records) items.push_back({{"directory", record.directory}});
      return print_json({{"trusted", std::move(items)}});
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& record : records) rows.push_back({record.directory});
    return print_table({{"directory", Width::flexible}}, rows);
  }

  Result<int> forget(const config::Configuration& config) const {
    ERRAND_TRY(config::forget_project(config.sources.state_dir, config.project.root));
    return json_ ? print_json({{"directory", config.project.root}, {"trusted", false}})
                 : print_out(fmt::format("{} is no longer trusted\n", config.project.root));
  }

  // What is trusted is shown: it is what the files may set from now on.
  Result<int> trust(const config::Configuration& config) const {
    ERRAND_TRY(config::trust_project(config));
    if (json_) {
      auto values = Json::array();
      for (const auto& value : config.project.guarded)
        values.push_back({{"what", value.what}, {"where", to_string(value.where)}});
      return print_json({{"directory", config.project.root}, {"trusted", true}, {"values", std::move(values)}});
    }
    std::string out = fmt::format("{} is trusted", config.project.root);
    out += config.project.guarded.empty() ? "; it sets nothing that needs trust\n" : " with\n";
    for (const auto& value : config.project.guarded) {
      out += fmt::format("  {}: {}\n", to_string(value.where),
                         value.value.empty() ? value.what : value.what + " = " + value.value);
    }
    return print_out(out);
  }

  bool list_ = false;
  bool remove_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_trust_command() {
  return std::make_unique<TrustCommand>();
}

}  // namespace errand::cli
