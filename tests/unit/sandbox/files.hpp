#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace errand::test {

/// Makes `path` with its parents.
inline void put(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

inline void make_directory(const std::string& path) {
  std::filesystem::create_directories(path);
}

inline void link_to(const std::string& target, const std::string& link) {
  std::filesystem::create_symlink(target, link);
}

inline std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace errand::test
