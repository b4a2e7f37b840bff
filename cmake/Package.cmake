# `cpack --preset deb` and `cpack --preset tgz`, or `cpack -G DEB` in a built release: a Debian package, and a tarball that
# runs wherever it is unpacked.
set(CPACK_PACKAGE_NAME errand)
set(CPACK_PACKAGE_VENDOR "the errand authors")
set(CPACK_PACKAGE_CONTACT "The errand authors <errand@users.noreply.localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "command-line agent runner and chat REPL")
set(CPACK_PACKAGE_DESCRIPTION
    "errand runs agents in a terminal, in scripts and from cron. It reads agents
from YAML, sends prompts to a language model, lets it work with sandboxed
tools, and keeps every session on disk, where it can be searched, continued
and exported.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The libraries are loaded when they are needed, which shlibdeps can not see.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libcurl4, libidn2-0, libxml2, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "bubblewrap, git, poppler-utils")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
                                                WORLD_EXECUTE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/PackageFormat.cmake)
include(CPack)
