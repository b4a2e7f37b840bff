#include "cli/schedule_export.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/schedule_due.hpp"

namespace errand::cli {

namespace {

// What neither cron nor systemd could be given: one line is one entry for both.
Result<void> check_word(std::string_view word) {
  const auto is_control = [](unsigned char c) { return c < 0x20U || c == 0x7fU; };
  if (std::ranges::none_of(word, is_control)) return {};
  const auto shown = text::replace_all(unicode::without_controls(word), "\n", "\\n");
  return fail(ErrorKind::failure,
              fmt::format("\"{}\" holds a control character, which would end or change a line that is exported", shown),
              "rename it");
}

using Quoting = Result<std::string> (*)(const std::string&);

// For sh; '%' is a line end to cron.
Result<std::string> in_crontab(const std::string& word) {
  ERRAND_TRY(check_word(word));
  if (word.find("\\%") != std::string::npos) {
    return fail(ErrorKind::failure, fmt::format("a crontab can't hold \"\\%\", which stands in \"{}\"", word),
                "rename it, or use --format systemd");
  }
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-+=./:,@") == std::string::npos;
  if (plain) return word;
  return text::replace_all("'" + text::replace_all(word, "'", "'\\''") + "'", "%", "\\%");
}

// For systemd: '%' begins a specifier. No variable is looked for in Environment= nor in the path of a program.
Result<std::string> in_unit(const std::string& word) {
  ERRAND_TRY(check_word(word));
  auto out = text::replace_all(text::replace_all(word, "\\", "\\\\"), "\"", "\\\"");
  out = text::replace_all(out, "%", "%%");
  const bool plain = !out.empty() && out.find_first_of(" '\"\\;") == std::string::npos;
  return plain ? out : "\"" + out + "\"";
}

// In ExecStart= '$' begins a variable.
Result<std::string> in_unit_arguments(const std::string& word) {
  ERRAND_TRY_ASSIGN(const auto out, in_unit(word));
  return text::replace_all(out, "$", "$$");
}

Result<std::string> command_line(const Launch& launch, const std::string& name, Quoting program, Quoting quoted) {
  ERRAND_TRY_ASSIGN(auto out, program(launch.program));
  for (const auto& argument : launch.arguments) {
    ERRAND_TRY_ASSIGN(const auto word, quoted(argument));
    out += " " + word;
  }
  out += " schedule run-due";
  if (name.empty()) return out;
  ERRAND_TRY_ASSIGN(const auto word, quoted(name));
  return out + " " + word;
}

Result<std::string> about_variables(const Launch& launch) {
  if (launch.missing_there.empty()) return {};
  for (const auto& name : launch.missing_there) ERRAND_TRY(check_word(name));
  return fmt::format(
      "# Set here, and not there: {}. Name a file or a command for the key in config.yaml\n"
      "# (api_key_file, api_key_command), or set the variable there.\n",
      text::join(launch.missing_there, ", "));
}

// A hand may have written its time and zone.
Result<void> check_plan(const ScheduleEntry& entry) {
  auto plan = plan_of(entry);
  if (plan) return {};
  plan.error().kind = ErrorKind::failure;  // not of this command line
  return fail(std::move(plan).error());
}

// A service is not started while it works; run-due makes skip and wait of that.
Result<void> check_overlap(const ScheduleEntry& entry) {
  if (entry.overlap != Overlap::allow) return {};
  return fail(
      ErrorKind::failure,
      fmt::format("\"{}\" may run beside itself (--if-running allow), and systemd starts no service twice", entry.name),
      "use --format cron, or add the entry with --if-running skip or wait");
}

}  // namespace

Result<std::string> crontab_of(const Launch& launch) {
  ERRAND_TRY_ASSIGN(const auto variables, about_variables(launch));
  std::string out =
      "# Looks each minute what is due in \"errand schedule\". To install it:\n"
      "#   (crontab -l; errand schedule export --format cron) | crontab -\n";
  out += variables;
  for (const auto& variable : launch.environment) {
    ERRAND_TRY(check_word(variable));
    out += variable + "\n";
  }
  ERRAND_TRY_ASSIGN(const auto command, command_line(launch, "", in_crontab, in_crontab));
  return out + "* * * * * " + command + "\n";
}

// The timer fires each minute, as cron does: run-due alone knows delays, what was missed, and the nights on which
// clocks change. A service that still works is not started again.
Result<std::string> units_of(const std::vector<ScheduleEntry>& entries, const Launch& launch) {
  ERRAND_TRY_ASSIGN(const auto variables, about_variables(launch));
  std::string out =
      "# Cut this into the files it names in ~/.config/systemd/user, then: systemctl --user daemon-reload, and\n"
      "# systemctl --user enable --now NAME.timer for each; loginctl enable-linger lets them run while you are away.\n";
  out += variables;
  for (const auto& entry : entries) {
    ERRAND_TRY(check_plan(entry));
    ERRAND_TRY(check_overlap(entry));
    const auto unit = "errand-" + entry.name;
    const auto about = fmt::format("{}, {} ({})", entry.name, entry.when, entry.zone);
    ERRAND_TRY(check_word(about));
    const auto shown = text::replace_all(unicode::sanitize(about), "%", "%%");
    out += fmt::format("\n# {}.service\n[Unit]\nDescription=errand: {}\n\n[Service]\nType=oneshot\n", unit, shown);
    for (const auto& variable : launch.environment) {
      ERRAND_TRY_ASSIGN(const auto word, in_unit(variable));
      out += fmt::format("Environment={}\n", word);
    }
    ERRAND_TRY_ASSIGN(const auto command, command_line(launch, entry.name, in_unit, in_unit_arguments));
    out += fmt::format("ExecStart={}\n", command);
    // Or the journal has three lines for each minute in which nothing was due.
    out += "SyslogLevel=notice\nLogLevelMax=notice\n";
    out += fmt::format(
        "\n# {}.timer\n[Unit]\nDescription=errand: {}\n\n[Timer]\nOnCalendar=minutely\nAccuracySec=1s\n"
        "\n[Install]\nWantedBy=timers.target\n",
        unit, shown);
  }
  return out;
}

}  // namespace errand::cli
