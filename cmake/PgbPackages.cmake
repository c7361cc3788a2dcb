# `cpack` in the build folder: Debian packages pgb (the tools), libpgb-dev (headers and libraries), python3-pgb where
# the Python package is built and, of a shared build, libpgb1.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The pgb developers <pgb@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_VENDOR "pgb")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_PACKAGING_INSTALL_PREFIX "/usr")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION math)
set(CPACK_COMPONENTS_ALL tools development)

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME pgb)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_TOOLS_DESCRIPTION
  "pgbcheck tells of a trained network, as it was saved, whether it can be a
 local minimum of its training loss, and proves it where it can; pgbverify
 checks such proofs independently.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libpgb-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libboost-dev, libflint-dev, libmpfr-dev, libgmp-dev, libzip-dev")
if(FLINT_VERSION VERSION_LESS 3)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libflint-arb-dev")
endif()
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
  "Headers and libraries to compute gradient bases, flat sets and perturbed
 gradient spans of networks in extended precision, and to prove statements
 about them.")

if(TARGET pgb_python)
  list(APPEND CPACK_COMPONENTS_ALL python)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-pgb)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
    "python3 (>= ${Python_VERSION_MAJOR}.${Python_VERSION_MINOR}), python3-numpy")
  set(CPACK_COMPONENT_PYTHON_DESCRIPTION
    "The stages of pgb from Python: check a trained network, derivatives in extended
 precision, flat sets, spans and proofs, with NumPy arrays and PyTorch modules.")
endif()

if(BUILD_SHARED_LIBS)
  list(APPEND CPACK_COMPONENTS_ALL runtime)
  set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libpgb${PROJECT_VERSION_MAJOR})
  set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
  set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
  set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "The shared library that the tools use.")
  foreach(package IN ITEMS TOOLS DEVELOPMENT)
    set(depends CPACK_DEBIAN_${package}_PACKAGE_DEPENDS)
    list(APPEND ${depends} "${CPACK_DEBIAN_RUNTIME_PACKAGE_NAME} (= ${PROJECT_VERSION})")
    list(JOIN ${depends} ", " ${depends})
  endforeach()
endif()

# Debian asks for these in every package: the licence by reference, and a compressed list of changes.
find_program(GZIP_EXECUTABLE gzip)
mark_as_advanced(GZIP_EXECUTABLE)
if(GZIP_EXECUTABLE)
  execute_process(COMMAND "${GZIP_EXECUTABLE}" -9nc "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
    OUTPUT_FILE "${PROJECT_BINARY_DIR}/changelog.gz")
endif()
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER ${component} upper)
  set(doc "${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME}")
  install(FILES "${PROJECT_SOURCE_DIR}/cmake/debian-copyright" DESTINATION "${doc}" RENAME copyright
    COMPONENT ${component})
  if(GZIP_EXECUTABLE)
    install(FILES "${PROJECT_BINARY_DIR}/changelog.gz" DESTINATION "${doc}" COMPONENT ${component})
  endif()
endforeach()
include(CPack)
