#include "cli/schedule_export.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::cli {

namespace {

// For sh; '%' is a line end to cron.
std::string in_crontab(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-+=./:,@") == std::string::npos;
  if (plain) return word;
  return text::replace_all("'" + text::replace_all(word, "'", "'\\''") + "'", "%", "\\%");
}

// For systemd: '%' begins a specifier, '$' a variable.
std::string in_unit(const std::string& word) {
  auto out = text::replace_all(text::replace_all(word, "\\", "\\\\"), "\"", "\\\"");
  out = text::replace_all(text::replace_all(out, "%", "%%"), "$", "$$");
  return out.find_first_of(" \t'\"\\;") == std::string::npos ? out : "\"" + out + "\"";
}

std::string command_line(const Launch& launch, const std::string& name, std::string (*quoted)(const std::string&)) {
  auto out = quoted(launch.program);
  for (const auto& argument : launch.arguments) out += " " + quoted(argument);
  out += " schedule run-due";
  return name.empty() ? out : out + " " + quoted(name);
}

std::string about_variables(const Launch& launch) {
  if (launch.missing_there.empty()) return {};
  return fmt::format(
      "# Set here, and not there: {}. Name a file or a command for the key in config.yaml\n"
      "# (api_key_file, api_key_command), or set the variable there.\n",
      text::join(launch.missing_there, ", "));
}

}  // namespace

std::string crontab_of(const Launch& launch) {
  std::string out =
      "# Looks each minute what is due in \"errand schedule\". To install it:\n"
      "#   (crontab -l; errand schedule export --format cron) | crontab -\n";
  out += about_variables(launch);
  for (const auto& variable : launch.environment) out += variable + "\n";
  return out + "* * * * * " + command_line(launch, "", in_crontab) + "\n";
}

// The timer fires each minute, as cron does: run-due alone knows delays, what was missed, and the nights on which
// clocks change. A service that still works is not started again.
std::string units_of(const std::vector<ScheduleEntry>& entries, const Launch& launch) {
  std::string out =
      "# Cut this into the files it names in ~/.config/systemd/user, then: systemctl --user daemon-reload, and\n"
      "# systemctl --user enable --now NAME.timer for each; loginctl enable-linger lets them run while you are away.\n";
  out += about_variables(launch);
  for (const auto& entry : entries) {
    const auto unit = "errand-" + entry.name;
    const auto about =
        text::replace_all(unicode::sanitize(fmt::format("{}, {} ({})", entry.name, entry.when, entry.zone)), "%", "%%");
    out += fmt::format("\n# {}.service\n[Unit]\nDescription=errand: {}\n\n[Service]\nType=oneshot\n", unit, about);
    for (const auto& variable : launch.environment) out += fmt::format("Environment={}\n", in_unit(variable));
    out += fmt::format("ExecStart={}\n", command_line(launch, entry.name, in_unit));
    // Or the journal has three lines for each minute in which nothing was due.
    out += "SyslogLevel=notice\nLogLevelMax=notice\n";
    out += fmt::format(
        "\n# {}.timer\n[Unit]\nDescription=errand: {}\n\n[Timer]\nOnCalendar=minutely\nAccuracySec=1s\n"
        "\n[Install]\nWantedBy=timers.target\n",
        unit, about);
  }
  return out;
}

}  // namespace errand::cli
