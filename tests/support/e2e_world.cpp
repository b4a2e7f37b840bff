#include "support/e2e_world.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace errand::test::e2e {

namespace fs = std::filesystem;

namespace {

std::string bytes_of_hex(const std::string& hex) {
  std::string out;
  for (const auto& byte : text::split(hex, ' ')) out += static_cast<char>(std::stoi(byte, nullptr, 16));
  return out;
}

// One that several cases use.
std::string kept_file(const std::string& name) {
  std::ifstream file(fmt::format("{}/tests/e2e/files/{}", ERRAND_SOURCE_DIR, name), std::ios::binary);
  if (!file) throw std::runtime_error("there is no file tests/e2e/files/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string content_of(const Json& spec) {
  if (spec.is_string()) return spec.get<std::string>();
  if (const auto kept = spec.find("kept"); kept != spec.end()) return kept_file(kept->get<std::string>());
  if (const auto hex = spec.find("hex"); hex != spec.end()) return bytes_of_hex(hex->get<std::string>());
  const auto once = spec.value("text", std::string());
  std::string out;
  for (int i = 1; i <= spec.value("times", 1); ++i) out += text::replace_all(once, "{{n}}", std::to_string(i));
  return out + spec.value("end", std::string());
}

void make_file(const std::string& path, const Json& spec) {
  if (spec.is_null()) {
    fs::remove_all(path);
    return;
  }
  fs::create_directories(fs::path(path).parent_path());
  if (path.ends_with('/')) return;
  if (spec.is_object() && spec.contains("link")) return fs::create_symlink(spec.at("link").get<std::string>(), path);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content_of(spec);
  if (spec.is_object() && spec.contains("mode")) {
    ::chmod(path.c_str(), static_cast<mode_t>(std::stoi(spec.at("mode").get<std::string>(), nullptr, 8)));
  }
}

}  // namespace

std::string expanded(std::string text, const Variables& variables) {
  for (const auto& [name, value] : variables) text = text::replace_all(std::move(text), "{{" + name + "}}", value);
  return text;
}

Json expanded(const Json& value, const Variables& variables) {
  if (value.is_string()) return expanded(value.get<std::string>(), variables);
  if (!value.is_structured()) return value;
  Json out = value.is_array() ? Json::array() : Json::object();
  for (const auto& [key, item] : value.items()) {
    if (value.is_array())
      out.push_back(expanded(item, variables));
    else
      out[expanded(key, variables)] = expanded(item, variables);
  }
  return out;
}

World::World() {
  fs::create_directories(workspace());
  fs::create_directories(home());
}

Variables World::variables() const {
  return {{"workspace", workspace()},
          {"home", home()},
          {"data", data()},
          {"temp", temp_.path()},
          {"key", std::string(test_key)}};
}

std::string World::path_of(const std::string& name) const {
  if (name.starts_with("~/")) return home() + name.substr(1);
  return join_path(workspace(), name);
}

void World::make_files(const Json& files) const {
  for (const auto& [name, spec] : files.items()) make_file(path_of(name), spec);
}

std::map<std::string, std::string> World::environment() const {
  std::map<std::string, std::string> out = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                            {"HOME", home()},
                                            {"XDG_CONFIG_HOME", home() + "/.config"},
                                            {"XDG_DATA_HOME", home() + "/.local/share"},
                                            {"XDG_STATE_HOME", home() + "/.local/state"},
                                            {"LANG", "C.UTF-8"},
                                            {"ERRAND_DATA_DIR", data()}};
  for (const auto* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name); value != nullptr) out[name] = value;
  }
  return out;
}

std::string binary() {
  const char* other = std::getenv("ERRAND_BINARY");
  return other != nullptr ? other : ERRAND_BINARY;
}

std::vector<std::string> as_list(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> out;
  for (const auto& [name, value] : environment) out.push_back(name + "=" + value);
  return out;
}

std::string helper_agent(std::string_view model) {
  return fmt::format("agents:\n  helper:\n    description: Helps\n    model: {}\n", model);
}

}  // namespace errand::test::e2e
