#include "cli/schedule_zone.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t max_zone_bytes = std::size_t{1} << 20U;
constexpr std::size_t max_name_bytes = 100;
constexpr std::string_view zone_directory = "/usr/share/zoneinfo/";

// A name is looked up below the directory of zones, and nowhere else.
bool is_zone_name(std::string_view name) {
  const auto may_stand = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+' || c == '/';
  };
  return !name.empty() && name.size() <= max_name_bytes && name.front() != '/' && std::ranges::all_of(name, may_stand);
}

// "/usr/share/zoneinfo/Europe/Berlin" as "Europe/Berlin"; empty when it leads elsewhere.
std::string name_in(std::string_view path) {
  const auto found = path.rfind("/zoneinfo/");
  if (found == std::string_view::npos) return {};
  auto name = path.substr(found + std::string_view("/zoneinfo/").size());
  if (name.starts_with("posix/")) name.remove_prefix(std::string_view("posix/").size());
  return is_zone_name(name) ? std::string(name) : std::string();
}

}  // namespace

Result<schedule::TimeZone> load_zone(const std::string& name) {
  if (name == "UTC") return schedule::TimeZone();  // also where there is no tzdata
  const auto path = std::string(zone_directory) + name;
  if (!is_zone_name(name) || !is_regular_file(path)) {
    return fail(ErrorKind::usage, fmt::format("there is no time zone \"{}\"", unicode::sanitize(name)),
                is_directory("/usr/share/zoneinfo")
                    ? "write it as Europe/Berlin or UTC; \"timedatectl list-timezones\" lists all"
                    : "install tzdata, or use UTC");
  }
  ERRAND_TRY_ASSIGN(const auto bytes, read_file(path, max_zone_bytes));
  auto zone = schedule::TimeZone::parse(bytes);
  if (!zone) return fail(std::move(zone).error().within(fmt::format("while reading {}", path)));
  return zone;
}

std::string local_zone_name() {
  if (const char* variable = std::getenv("TZ"); variable != nullptr && *variable != '\0') {
    std::string_view said(variable);
    if (said.front() == ':') said.remove_prefix(1);
    const auto name = said.starts_with('/') ? name_in(said) : std::string(said);
    if (load_zone(name)) return name;
  }
  std::array<char, 4096> target{};
  const auto length = ::readlink("/etc/localtime", target.data(), target.size());
  const auto name = length > 0 ? name_in({target.data(), static_cast<std::size_t>(length)}) : std::string();
  return !name.empty() && load_zone(name) ? name : "UTC";
}

}  // namespace errand::cli
