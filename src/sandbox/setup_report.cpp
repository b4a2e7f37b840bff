#include "sandbox/setup_report.hpp"

#include <array>
#include <charconv>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::sandbox {

namespace {

constexpr std::size_t max_message_columns = 300;

// The number after `"key":`. The report is bubblewrap's own, flat, and its keys are unique.
template <class Number>
std::optional<Number> number_of(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + key.size());
  const auto start = text.find_first_not_of(" :");
  if (start == std::string_view::npos) return std::nullopt;
  Number out{};
  const auto read = std::from_chars(text.data() + start, text.data() + text.size(), out);
  return read.ec == std::errc{} ? std::optional(out) : std::nullopt;
}

struct Known {
  std::string_view part;
  std::string_view why;
  std::string_view hint;
};

constexpr std::string_view no_namespaces = "this system lets programs make no user namespaces";
constexpr auto known_failures = std::to_array<Known>({
    {"No permissions to creat", no_namespaces,
     "allow them (sysctl kernel.unprivileged_userns_clone=1); in Docker, start the container with "
     "--security-opt seccomp=unconfined"},
    {"Creating new namespace failed", no_namespaces, "raise user.max_user_namespaces, or the limit of the container"},
    {"setting up uid map", "user namespaces are restricted here, as AppArmor does on Ubuntu",
     "install an AppArmor profile that allows userns for /usr/bin/bwrap"},
    {"RTM_NEWADDR", "network namespaces are restricted here, as AppArmor does on Ubuntu",
     "install an AppArmor profile that allows userns for /usr/bin/bwrap"},
    {"Can't mount proc", "this container does not allow a /proc of its own",
     "in Docker, start the container with --security-opt systempaths=unconfined"},
    {"Can't find source path", "a directory above the workspace can't be entered by the user who runs commands",
     "move the workspace, or let others pass through the directories above it (chmod o+x)"},
    {"Unknown option", "this bubblewrap is too old", "install bubblewrap 0.8 or later"},
});

}  // namespace

SetupReport parse_setup_report(std::string_view text) {
  return {number_of<pid_t>(text, "\"child-pid\""), number_of<int>(text, "\"exit-code\"")};
}

SetupFailure explain_setup_failure(std::string_view output) {
  for (const auto& known : known_failures) {
    if (output.find(known.part) != std::string_view::npos) return {std::string(known.why), std::string(known.hint)};
  }
  const auto message = text::trim(text::first_line(output));
  if (message.empty()) return {"bubblewrap ended without a word", ""};
  return {text::ellipsize(unicode::sanitize(message), max_message_columns), ""};
}

}  // namespace errand::sandbox
