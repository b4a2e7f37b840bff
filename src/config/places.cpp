#include "config/places.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/try.hpp"

namespace errand::config {

namespace {

constexpr std::size_t max_user_length = 64;

bool is_valid_user(std::string_view name) {
  return !name.empty() && name.size() <= max_user_length && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '-';
         });
}

std::string real_variable(const Configuration& config, std::string_view name) {
  const auto found = config.sources.env.find(name);
  return found == config.sources.env.end() ? std::string() : found->second;
}

const EnvFileVariable* file_variable(const Configuration& config, std::string_view name) {
  for (const auto& variable : config.env_files) {
    if (variable.name == name && !variable.value.empty()) return &variable;
  }
  return nullptr;
}

// A directory of the project's own that is marked as ours, or holds a store. A link may lead anywhere and is not
// followed.
bool is_marked_data(const std::string& directory) {
  struct stat info {};
  if (::lstat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return false;
  if (is_regular_file(join_path(directory, ".errand"))) return true;
  std::error_code ignored;  // what can't be listed holds no store of ours
  for (std::filesystem::directory_iterator it(directory, ignored), end; !ignored && it != end; it.increment(ignored)) {
    if (is_regular_file(join_path(it->path().string(), "errand.db"))) return true;
  }
  return false;
}

std::optional<Place> place_from_environment(const Configuration& config) {
  if (const auto value = real_variable(config, "ERRAND_DATA_DIR"); !value.empty()) {
    return Place{normalize_path(join_path(config.sources.cwd, value)), "ERRAND_DATA_DIR"};
  }
  // DATA_DIR alone is anybody's name: only a file that is trusted may mean us by it.
  for (const auto* name : {"ERRAND_DATA_DIR", "DATA_DIR"}) {
    if (const auto* variable = file_variable(config, name)) {
      return Place{normalize_path(join_path(config.project.root, variable->value)),
                   fmt::format("{} in {}", name, to_string(variable->where))};
    }
  }
  return std::nullopt;
}

Result<std::string> login_name() {
  struct passwd entry {};
  struct passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  const auto error = ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  if (error == 0 && found != nullptr && found->pw_name != nullptr) return std::string(found->pw_name);
  return fail(ErrorKind::config, fmt::format("the user {} has no login name", ::geteuid()),
              "name one: --user, or ERRAND_USER");
}

Result<Place> checked_user(Place place, ErrorKind kind) {
  if (is_valid_user(place.value)) return place;
  return fail(kind, fmt::format("\"{}\" is no name for a user ({})", place.value, place.origin),
              "use letters, digits, \".\", \"_\" and \"-\", at most 64 of them and no \".\" first; --user or "
              "ERRAND_USER names one");
}

}  // namespace

std::optional<std::string> variable(const Configuration& config, std::string_view name) {
  if (auto value = real_variable(config, name); !value.empty()) return value;
  if (const auto* found = file_variable(config, name)) return found->value;
  return std::nullopt;
}

Result<Place> data_directory(const Configuration& config, const std::optional<std::string>& flag) {
  if (!config.sources.data_directory.empty()) return Place{config.sources.data_directory, "the session's"};
  if (flag) {
    if (flag->empty()) return fail(ErrorKind::usage, "--data-dir is empty", "name a directory");
    return Place{normalize_path(join_path(config.sources.cwd, *flag)), "--data-dir"};
  }
  if (auto place = place_from_environment(config)) return *std::move(place);
  if (!config.settings.data_dir.empty()) return Place{config.settings.data_dir, config.settings.data_dir_origin};
  if (const auto own = join_path(config.project.root, "data"); is_marked_data(own))
    return Place{own, "the project's data"};
  if (const auto xdg = real_variable(config, "XDG_DATA_HOME"); xdg.starts_with('/')) {
    return Place{normalize_path(join_path(xdg, "errand")), "XDG_DATA_HOME"};
  }
  if (!config.sources.home.empty()) return Place{join_path(config.sources.home, ".local/share/errand"), "built-in"};
  return fail(ErrorKind::config, "there is no place to keep sessions: no home directory is known",
              "name one: --data-dir, or ERRAND_DATA_DIR");
}

Result<Place> user_name(const Configuration& config, const std::optional<std::string>& flag) {
  if (!config.sources.user.empty()) return Place{config.sources.user, "the session's"};
  if (flag) return checked_user({*flag, "--user"}, ErrorKind::usage);
  if (const auto value = real_variable(config, "ERRAND_USER"); !value.empty()) {
    return checked_user({value, "ERRAND_USER"}, ErrorKind::config);
  }
  if (const auto* found = file_variable(config, "ERRAND_USER")) {
    return checked_user({found->value, fmt::format("ERRAND_USER in {}", to_string(found->where))}, ErrorKind::config);
  }
  ERRAND_TRY_ASSIGN(auto login, login_name());
  return checked_user({std::move(login), "login name"}, ErrorKind::config);
}

std::string workspace(const Configuration& config, std::string_view data_directory, std::string_view user) {
  if (config.project.is_workspace) return config.project.root;
  return join_path(join_path(data_directory, user), "workspace");
}

}  // namespace errand::config
