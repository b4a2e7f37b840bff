#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/checkup.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "render/fold.hpp"

namespace errand::cli {

namespace {

Json check_json(const Check& check) {
  return {{"check", check.what},
          {"status", name_of(check.status)},
          {"message", unicode::sanitize(check.message)},
          {"hint", check.hint.empty() ? Json(nullptr) : Json(check.hint)}};
}

constexpr std::size_t message_at = 9;  // columns

// What is folded goes on below its message.
std::string check_text(const Check& check, std::size_t columns) {
  const auto head = fmt::format("{:<8} {}: {}\n", name_of(check.status), check.what, unicode::sanitize(check.message));
  if (check.hint.empty()) return render::fold(head, columns, message_at);
  const auto hint = fmt::format("{:{}}{}\n", "", message_at, unicode::sanitize(check.hint));
  return render::fold(head, columns, message_at) + render::fold(hint, columns, 0);
}

class DoctorCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    options.flag("--offline", checkup_.offline, "ask no server");
    options.flag("--as-cron", checkup_.as_cron, "with the bare environment that cron gives");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    if (!words.empty()) return unknown_verb("errand doctor", words.front(), {});
    const Call call{invocation.signals.begin_run(), Call::Clock::time_point::max()};
    ERRAND_TRY_ASSIGN(const auto checks, check_up(invocation, checkup_, call));
    const bool well =
        std::ranges::none_of(checks, [](const Check& check) { return check.status == Check::Status::failure; });
    ERRAND_TRY_ASSIGN(const int printed, print(checks, well));
    return printed != exit_success || well ? printed : exit_code_of(ErrorKind::failure);
  }

 private:
  [[nodiscard]] Result<int> print(const std::vector<Check>& checks, bool well) const {
    if (json_) {
      auto items = Json::array();
      for (const auto& check : checks) items.push_back(check_json(check));
      return print_json({{"ok", well}, {"checks", std::move(items)}});
    }
    std::string out;
    const auto columns = render::fold_columns(STDOUT_FILENO);
    for (const auto& check : checks) out += check_text(check, columns);
    return print_out(out);
  }

  bool json_ = false;
  CheckupOptions checkup_;
};

}  // namespace

std::unique_ptr<Command> make_doctor_command() {
  return std::make_unique<DoctorCommand>();
}

}  // namespace errand::cli
